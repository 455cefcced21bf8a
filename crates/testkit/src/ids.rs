use std::sync::atomic::{AtomicU64, Ordering};

use steward_domain::ports::IdGenerator;
use steward_domain::{DeviceId, LinkId, Password, SessionId};

/// Reproducible ids that look random: `SplitMix64` with a seed. Two generators with the same seed return the same ids.
#[derive(Debug, Default)]
pub struct TestIds(AtomicU64);

impl TestIds {
    /// A generator with this seed.
    pub fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bits(&self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

impl IdGenerator for TestIds {
    fn session_id(&self) -> SessionId {
        SessionId::from_bytes(self.bits().to_be_bytes())
    }

    fn device_id(&self) -> DeviceId {
        DeviceId::from_bytes(self.bits().to_be_bytes())
    }

    fn link_id(&self) -> LinkId {
        LinkId::new(self.bits().to_be_bytes())
    }

    fn token_id(&self) -> String {
        format!("{:032x}", self.bits())
    }

    fn refresh_token(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.bits().to_be_bytes());
        bytes[16..].copy_from_slice(&self.bits().to_be_bytes());
        bytes
    }

    fn temporary_password(&self) -> Password {
        Password::parse(&format!("{:024x}", self.bits() >> 32)).expect("24 characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_ids_and_ids_differ() {
        let (one, same) = (TestIds::seeded(7), TestIds::seeded(7));
        let first = one.session_id();
        assert_eq!(first, same.session_id());
        assert_ne!(first, one.session_id());
    }
}
