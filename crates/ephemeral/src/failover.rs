use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use steward_domain::ports::{Charge, RateLimiter, ReplayGuard, StoreError, Verdict};

use crate::{Memory, Redis};

/// How often Redis is asked whether it is back.
const RETRY: Duration = Duration::from_millis(500);

/// State in Redis, and in this process while Redis is away.
///
/// The first call that Redis does not answer in time turns to memory, and so do all others at once, without waiting,
/// until Redis answers a ping again.
///
/// What is claimed or charged is remembered here in any case, so that it still counts when Redis goes, and what is
/// claimed also when Redis comes back empty. While it is away a nonce can be claimed once per process instead of once
/// in all, and a quota is one of each process.
pub struct Failover(Arc<Inner>);

struct Inner {
    redis: Redis,
    memory: Memory,
    is_away: AtomicBool,
    next_ping: Mutex<Instant>,
    stood_in: AtomicU64,
}

/// Whether Redis is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisState {
    /// It answered last time.
    Connected,
    /// It did not, and process memory stands in for it.
    Unreachable,
}

impl Failover {
    /// State in `redis`, with `memory` to stand in for it.
    pub fn new(redis: Redis, memory: Memory) -> Self {
        let next_ping = Mutex::new(Instant::now());
        Self(Arc::new(Inner { redis, memory, is_away: AtomicBool::new(false), next_ping, stood_in: AtomicU64::new(0) }))
    }

    /// Whether Redis is in use, as far as the last call knows.
    pub fn state(&self) -> RedisState {
        if self.0.is_away.load(Ordering::Relaxed) { RedisState::Unreachable } else { RedisState::Connected }
    }

    /// How many calls memory has stood in for Redis in, since this was made: a counter for metrics.
    pub fn stood_in(&self) -> u64 {
        self.0.stood_in.load(Ordering::Relaxed)
    }

    /// Asks Redis for a sign of life, and goes by the answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }
}

impl Inner {
    async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.redis.ping().await;
        match &answer {
            Ok(()) => self.has_returned(),
            Err(error) => self.has_gone(error),
        }
        answer
    }

    /// What Redis answers; nothing if it is away, or turns out to be.
    async fn ask_redis<T>(self: &Arc<Self>, call: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        if self.is_away.load(Ordering::Relaxed) {
            self.ping_when_due();
        } else {
            match call.await {
                Ok(answer) => return Some(answer),
                Err(error) => self.has_gone(&error),
            }
        }
        self.stood_in.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn has_gone(&self, error: &StoreError) {
        if !self.is_away.swap(true, Ordering::Relaxed) {
            *self.next_ping.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + RETRY;
            tracing::warn!(%error, "Redis is away: this process keeps short-lived state itself until it returns");
        }
    }

    fn has_returned(&self) {
        if self.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis is back: short-lived state is shared again");
        }
    }

    /// Has somebody else ask, now and then, so that no caller waits for what is probably not there.
    fn ping_when_due(self: &Arc<Self>) {
        let mut next_ping = self.next_ping.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if now < *next_ping {
            return;
        }
        *next_ping = now + RETRY;
        let inner = Arc::clone(self);
        tokio::spawn(async move { inner.ping().await });
    }
}

#[async_trait]
impl ReplayGuard for Failover {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        let inner = &self.0;
        let here = inner.memory.claim(nonce, ttl).await;
        if matches!(here, Ok(false)) {
            return Ok(false);
        }
        inner.ask_redis(inner.redis.claim(nonce, ttl)).await.map_or(here, Ok)
    }
}

#[async_trait]
impl RateLimiter for Failover {
    async fn check(&self, charges: &[Charge<'_>]) -> Result<Vec<Verdict>, StoreError> {
        let inner = &self.0;
        if charges.is_empty() {
            return Ok(Vec::new());
        }
        let Some(verdicts) = inner.ask_redis(inner.redis.check(charges)).await else {
            return inner.memory.check(charges).await;
        };
        if verdicts.iter().all(|verdict| verdict.allowed) {
            // Redis alone decides: memory hears of calls a moment later or sooner than Redis, and would now and then
            // refuse who came back as soon as they were told to.
            inner.memory.note(charges);
        }
        Ok(verdicts)
    }
}
