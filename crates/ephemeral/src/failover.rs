use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use steward_domain::ports::{Charge, RateLimiter, ReplayGuard, StoreError, Verdict};

use crate::{Memory, Redis};

/// The interval of pings while Redis is unreachable.
const RETRY: Duration = Duration::from_millis(500);

/// Keeps state in Redis, and in process memory while Redis is unreachable.
///
/// After the first call that fails or exceeds its deadline, all calls use memory without waiting, until Redis responds
/// to a ping.
///
/// Memory records every claim and charge, also while Redis is in use. Therefore they still count when Redis becomes
/// unreachable. Claims also count when Redis restarts without data. While Redis is unreachable, nonces and quotas are
/// per process.
pub struct Failover(Arc<Inner>);

struct Inner {
    redis: Redis,
    memory: Memory,
    is_unreachable: AtomicBool,
    next_ping: Mutex<Instant>,
    stood_in: AtomicU64,
}

/// The state of the connection to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisState {
    /// The last call succeeded.
    Connected,
    /// The last call failed, and process memory is in use.
    Unreachable,
}

impl Failover {
    /// Creates a failover from `redis` to `memory`.
    pub fn new(redis: Redis, memory: Memory) -> Self {
        let next_ping = Mutex::new(Instant::now());
        Self(Arc::new(Inner {
            redis,
            memory,
            is_unreachable: AtomicBool::new(false),
            next_ping,
            stood_in: AtomicU64::new(0),
        }))
    }

    /// Returns the state after the last call.
    pub fn state(&self) -> RedisState {
        if self.0.is_unreachable.load(Ordering::Relaxed) { RedisState::Unreachable } else { RedisState::Connected }
    }

    /// Returns the number of calls that used memory instead of Redis, for metrics.
    pub fn stood_in(&self) -> u64 {
        self.0.stood_in.load(Ordering::Relaxed)
    }

    /// Pings Redis and updates the state.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.ping().await
    }
}

impl Inner {
    async fn ping(&self) -> Result<(), StoreError> {
        let result = self.redis.ping().await;
        match &result {
            Ok(()) => self.mark_reachable(),
            Err(error) => self.mark_unreachable(error),
        }
        result
    }

    /// Returns the result of a call to Redis, or `None` if Redis is or becomes unreachable.
    async fn ask_redis<T>(self: &Arc<Self>, call: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        if self.is_unreachable.load(Ordering::Relaxed) {
            self.ping_when_due();
        } else {
            match call.await {
                Ok(result) => return Some(result),
                Err(error) => self.mark_unreachable(&error),
            }
        }
        self.stood_in.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn mark_unreachable(&self, error: &StoreError) {
        if !self.is_unreachable.swap(true, Ordering::Relaxed) {
            *self.next_ping.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + RETRY;
            tracing::warn!(%error, "Redis is away: this process keeps its state in memory until Redis responds");
        }
    }

    fn mark_reachable(&self) {
        if self.is_unreachable.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis is back: short-lived state is shared again");
        }
    }

    /// Pings Redis in a separate task at most once per interval, so that no caller waits for an unreachable server.
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
        let local = inner.memory.claim(nonce, ttl).await;
        if matches!(local, Ok(false)) {
            return Ok(false);
        }
        inner.ask_redis(inner.redis.claim(nonce, ttl)).await.map_or(local, Ok)
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
            // Only Redis decides here. Memory records each call slightly later or earlier than Redis. It would
            // sometimes refuse a client that waited exactly for `retry_after`.
            inner.memory.record(charges);
        }
        Ok(verdicts)
    }
}
