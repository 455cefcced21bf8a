use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use steward_domain::ports::{ReplayGuard, StoreError};

use super::Memory;

/// As many locks, so that threads seldom wait for one another.
const SHARDS: usize = 16;

/// A shard that has grown to this many nonces is swept; below it is not worth it.
const SMALL: usize = 256;

/// The nonces that were claimed, in bounded memory.
///
/// A nonce takes some 60 bytes however long it is, since only a hash of it is kept, under keys that are made anew in
/// each process: nobody can make two nonces collide on purpose, and by chance 2¹²⁸ have to be tried.
///
/// Expired nonces are swept out whenever a shard has doubled. When as many as there is room for are alive at once, new
/// ones are refused as `Unavailable` until some have expired. Forgetting the oldest instead would let a recorded
/// request through a second time, and a stranger cannot bring the refusal about: a nonce is claimed only after the
/// signature over it has been checked.
///
/// The signature is of a time of day, and so is valid again when the clock is set back. So a nonce is kept until it has
/// expired both by the time of day and by the time that has passed.
pub(super) struct Nonces {
    shards: [Mutex<Shard>; SHARDS],
    capacity_per_shard: usize,
    hashers: (RandomState, RandomState),
}

#[derive(Default)]
struct Shard {
    /// When each nonce may come again.
    expiries: HashMap<u128, Instants>,
    sweep_at: usize,
}

/// One instant by both clocks, in microseconds.
#[derive(Clone, Copy)]
struct Instants {
    time_of_day: i64,
    passed: i64,
}

impl Instants {
    fn has_come(self, now: Self) -> bool {
        self.time_of_day <= now.time_of_day && self.passed <= now.passed
    }

    fn after(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self { time_of_day: self.time_of_day.saturating_add(span), passed: self.passed.saturating_add(span) }
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
        if self.expiries.get(&key).is_some_and(|expiry| !expiry.has_come(now)) {
            return Ok(false);
        }
        if self.expiries.len() >= self.sweep_at.max(SMALL).min(capacity) {
            self.expiries.retain(|_, expiry| !expiry.has_come(now));
            self.sweep_at = 2 * self.expiries.len();
            // Gives memory back after a burst.
            self.expiries.shrink_to(self.sweep_at.max(SMALL));
        }
        if self.expiries.len() >= capacity {
            return Err(StoreError::unavailable("too many nonces are alive"));
        }
        self.expiries.insert(key, expires);
        Ok(true)
    }
}

#[async_trait]
impl ReplayGuard for Memory {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        let now = Instants { time_of_day: self.clock.now().timestamp_micros(), passed: self.passed() };
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

    fn held(memory: &Memory) -> usize {
        memory.nonces.shards.iter().map(|shard| shard.lock().unwrap().expiries.len()).sum()
    }

    #[tokio::test]
    async fn a_nonce_may_come_again_at_the_very_instant_it_expires() {
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
    async fn a_clock_that_is_set_lets_no_nonce_come_again_while_its_signature_is_valid() {
        for step in [TimeDelta::minutes(5), TimeDelta::hours(2)] {
            let clock = Arc::new(TestClock::default());
            let memory = Memory::new(clock.clone());
            assert!(memory.claim("before", MINUTE).await.unwrap());
            // Forward, and right again.
            clock.step(step);
            assert!(!memory.claim("before", MINUTE).await.unwrap());
            clock.step(-step);
            assert!(!memory.claim("before", MINUTE).await.unwrap());
            // Back: the signature is valid again once the clock has caught up.
            clock.step(-step);
            assert!(memory.claim("after", MINUTE).await.unwrap());
            clock.advance(step);
            assert!(!memory.claim("before", MINUTE).await.unwrap());
            assert!(memory.claim("after", MINUTE).await.unwrap(), "what came after the step expires as ever");
            clock.advance(TimeDelta::minutes(1));
            assert!(memory.claim("before", MINUTE).await.unwrap());
        }
    }

    #[tokio::test]
    async fn expired_nonces_are_dropped() {
        let clock = Arc::new(TestClock::default());
        let memory = Memory::new(clock.clone());
        for n in 0..100_000 {
            assert!(memory.claim(&n.to_string(), MINUTE).await.unwrap());
            clock.advance(TimeDelta::milliseconds(60));
        }
        // A thousand are alive at a time.
        assert!(held(&memory) <= SHARDS * SMALL, "{}", held(&memory));
    }

    #[tokio::test]
    async fn a_full_memory_forgets_nothing_and_takes_more_once_some_have_expired() {
        let clock = Arc::new(TestClock::default());
        let memory = Memory { nonces: Nonces::new(1600), ..Memory::new(clock.clone()) };
        let mut taken = Vec::new();
        let mut refused = 0;
        for n in 0..10_000 {
            match memory.claim(&n.to_string(), MINUTE).await {
                Ok(granted) => taken.push((n, granted)),
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert!(taken.iter().all(|(_, granted)| *granted));
        assert_eq!((held(&memory), taken.len(), refused), (1600, 1600, 8400));
        for (n, _) in &taken {
            assert!(!memory.claim(&n.to_string(), MINUTE).await.unwrap());
        }
        clock.advance(TimeDelta::minutes(1));
        assert!(memory.claim("another", MINUTE).await.unwrap());
        assert!(memory.claim(&taken[0].0.to_string(), MINUTE).await.unwrap());
        assert!(held(&memory) < 1600);
    }
}
