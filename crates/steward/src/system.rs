//! The machine's clock and random numbers, behind the domain's ports.

use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use steward_domain::ports::{Clock, IdGenerator};
use steward_domain::{DeviceId, LinkId, Password, SessionId, Timestamp, truncate};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed to all other code")]
    fn now(&self) -> Timestamp {
        truncate(chrono::Utc::now())
    }

    fn monotonic(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// Ids and tokens from the system's random numbers (`getrandom`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct RandomIds;

impl IdGenerator for RandomIds {
    fn session_id(&self) -> SessionId {
        SessionId::from_bytes(random())
    }

    fn device_id(&self) -> DeviceId {
        DeviceId::from_bytes(random())
    }

    fn link_id(&self) -> LinkId {
        LinkId::new(random())
    }

    fn token_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(random()))
    }

    fn refresh_token(&self) -> [u8; 32] {
        random()
    }

    #[expect(clippy::expect_used, reason = "19 ASCII characters are a valid password")]
    fn temporary_password(&self) -> Password {
        Password::parse(&readable(random())).expect("a valid password")
    }
}

/// Fills `bytes` with cryptographically secure random numbers.
#[expect(clippy::disallowed_methods, reason = "this is the source that is passed to all other code")]
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness no id or token is safe. It is available at the start, and does not fail later on any supported
    // system.
    if fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// 80 bits as four groups of four symbols in Crockford's base 32, which omits ambiguous symbols.
fn readable(bytes: [u8; 10]) -> String {
    const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = bytes.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut text = String::with_capacity(19);
    for at in 0..16 {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(SYMBOLS[(bits >> (5 * (15 - at))) as usize & 31]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_passwords_are_readable() {
        assert_ne!(RandomIds.session_id(), RandomIds.session_id());
        assert_eq!(RandomIds.token_id().len(), 32);
        assert_eq!(readable([0xff; 10]), "zzzz-zzzz-zzzz-zzzz");
        assert_eq!(readable([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), "0000-0000-0000-0001");
        assert_ne!(RandomIds.temporary_password().expose(), RandomIds.temporary_password().expose());
    }

    #[test]
    fn time_is_in_whole_microseconds() {
        let now = SystemClock.now();
        assert_eq!(now, truncate(now));
    }
}
