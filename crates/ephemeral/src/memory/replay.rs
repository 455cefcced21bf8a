use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use steward_domain::ports::{ReplayGuard, StoreError};

use super::Memory;

/// Number of shards. Each has its own lock, so that threads rarely wait for each other.
const SHARDS: usize = 16;

/// Shards below this number of nonces are not swept.
const SMALL: usize = 256;

/// The claimed nonces, in bounded memory.
///
/// A nonce takes about 60 bytes regardless of its length, because only its hash is stored. The hash functions have
/// random seeds in each process, so an attacker cannot create collisions. Two nonces collide by accident with a
/// probability of 2⁻¹²⁸.
///
/// A shard that has doubled removes its expired nonces. If all nonces of a full shard are unexpired, new ones are
/// refused as `Unavailable`. Removing the oldest instead would allow a replay. Strangers cannot cause the refusal,
/// because a nonce is claimed only after its signature is verified.
///
/// A signature contains a time of day, and becomes valid again if the clock is set back. Therefore a nonce is stored
/// until it has expired by both the time of day and the monotonic clock.
pub(super) struct Nonces {
    shards: [Mutex<Shard>; SHARDS],
    capacity_per_shard: usize,
    hashers: (RandomState, RandomState),
}

#[derive(Default)]
struct Shard {
    /// When each nonce may be claimed again.
    expiries: HashMap<u128, Instants>,
    sweep_at: usize,
}

/// An instant on both clocks, in microseconds.
#[derive(Clone, Copy)]
struct Instants {
    time_of_day: i64,
    monotonic: i64,
}

impl Instants {
    fn is_reached(self, now: Self) -> bool {
        self.time_of_day <= now.time_of_day && self.monotonic <= now.monotonic
    }

    fn after(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self { time_of_day: self.time_of_day.saturating_add(span), monotonic: self.monotonic.saturating_add(span) }
    }
}

impl Nonces {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            shards: Default::default(),
            capacity_per_shard: capacity / SHARDS,
            hashers: (RandomState::new(), RandomState::new()),
        }
    }

    fn key(&self, nonce: &str) -> u128 {
        u128::from(self.hashers.0.hash_one(nonce)) << 64 | u128::from(self.hashers.1.hash_one(nonce))
    }

    fn claim(&self, nonce: &str, now: Instants, ttl: Duration) -> Result<bool, StoreError> {
        let key = self.key(nonce);
        let [.., shard] = key.to_le_bytes();
        let shard = &self.shards[usize::from(shard) % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.claim(key, now, now.after(ttl), self.capacity_per_shard)
    }
}

impl Shard {
    fn claim(&mut self, key: u128, now: Instants, expires: Instants, capacity: usize) -> Result<bool, StoreError> {
        if self.expiries.get(&key).is_some_and(|expiry| !expiry.is_reached(now)) {
            return Ok(false);
        }
        if self.expiries.len() >= self.sweep_at.max(SMALL).min(capacity) {
            self.expiries.retain(|_, expiry| !expiry.is_reached(now));
            self.sweep_at = 2 * self.expiries.len();
            // Returns memory after a burst.
            self.expiries.shrink_to(self.sweep_at.max(SMALL));
        }
        if self.expiries.len() >= capacity {
            return Err(StoreError::unavailable("the memory for nonces is full"));
        }
        self.expiries.insert(key, expires);
        Ok(true)
    }
}

#[async_trait]
impl ReplayGuard for Memory {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        let now = Instants { time_of_day: self.clock.now().timestamp_micros(), monotonic: self.passed() };
        self.nonces.claim(nonce, now, ttl)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;
    use steward_testkit::TestClock;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn stored(memory: &Memory) -> usize {
        memory.nonces.shards.iter().map(|shard| shard.lock().unwrap().expiries.len()).sum()
    }

    #[tokio::test]
    async fn a_nonce_can_be_claimed_again_at_the_instant_of_its_expiry() {
        let clock = Arc::new(TestClock::default());
        let memory = Memory::new(clock.clone());
        assert!(memory.claim("nonce", MINUTE).await.unwrap());
        clock.advance(TimeDelta::minutes(1) - TimeDelta::microseconds(1));
        assert!(!memory.claim("nonce", MINUTE).await.unwrap());
        clock.advance(TimeDelta::microseconds(1));
        assert!(memory.claim("nonce", MINUTE).await.unwrap());
        assert!(!memory.claim("nonce", MINUTE).await.unwrap());
    }

    #[tokio::test]
    async fn setting_the_clock_allows_no_replay_while_the_signature_is_valid() {
        for step in [TimeDelta::minutes(5), TimeDelta::hours(2)] {
            let clock = Arc::new(TestClock::default());
            let memory = Memory::new(clock.clone());
            assert!(memory.claim("before", MINUTE).await.unwrap());
            // The clock is set forward, then corrected.
            clock.step(step);
            assert!(!memory.claim("before", MINUTE).await.unwrap());
            clock.step(-step);
            assert!(!memory.claim("before", MINUTE).await.unwrap());
            // The clock is set back: the signature is valid again when the clock has caught up.
            clock.step(-step);
            assert!(memory.claim("after", MINUTE).await.unwrap());
            clock.advance(step);
            assert!(!memory.claim("before", MINUTE).await.unwrap());
            assert!(memory.claim("after", MINUTE).await.unwrap(), "a later nonce expires as usual");
            clock.advance(TimeDelta::minutes(1));
            assert!(memory.claim("before", MINUTE).await.unwrap());
        }
    }

    #[tokio::test]
    async fn expired_nonces_are_removed() {
        let clock = Arc::new(TestClock::default());
        let memory = Memory::new(clock.clone());
        for n in 0..100_000 {
            assert!(memory.claim(&n.to_string(), MINUTE).await.unwrap());
            clock.advance(TimeDelta::milliseconds(60));
        }
        // At most a thousand are unexpired at a time.
        assert!(stored(&memory) <= SHARDS * SMALL, "{}", stored(&memory));
    }

    #[tokio::test]
    async fn a_full_memory_refuses_new_nonces_until_some_have_expired() {
        let clock = Arc::new(TestClock::default());
        let memory = Memory { nonces: Nonces::new(1600), ..Memory::new(clock.clone()) };
        let mut claimed = Vec::new();
        let mut refused = 0;
        for n in 0..10_000 {
            match memory.claim(&n.to_string(), MINUTE).await {
                Ok(granted) => claimed.push((n, granted)),
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert!(claimed.iter().all(|(_, granted)| *granted));
        assert_eq!((stored(&memory), claimed.len(), refused), (1600, 1600, 8400));
        for (n, _) in &claimed {
            assert!(!memory.claim(&n.to_string(), MINUTE).await.unwrap());
        }
        clock.advance(TimeDelta::minutes(1));
        assert!(memory.claim("another", MINUTE).await.unwrap());
        assert!(memory.claim(&claimed[0].0.to_string(), MINUTE).await.unwrap());
        assert!(stored(&memory) < 1600);
    }
}
