use std::sync::Arc;

use steward_contracts::bodies::RedisHealth;
use steward_domain::ports::{RateLimiter, ReplayGuard, StoreError};
use steward_ephemeral::{Failover, Memory, Redis, RedisUrl};
use steward_web::health::Probe;

use crate::system::SystemClock;

/// Short-lived state: in Redis if configured, otherwise in this process.
#[derive(Clone)]
pub(crate) struct Ephemeral {
    redis: Option<Arc<Failover>>,
    pub(crate) replay: Arc<dyn ReplayGuard>,
    pub(crate) limiter: Arc<dyn RateLimiter>,
}

impl Ephemeral {
    /// Prepares the adapters. Succeeds even if Redis is unreachable.
    pub(crate) fn new(url: Option<&RedisUrl>) -> Self {
        let memory = Memory::new(Arc::new(SystemClock));
        let Some(url) = url else {
            let memory = Arc::new(memory);
            return Self { redis: None, replay: Arc::<Memory>::clone(&memory), limiter: memory };
        };
        let redis = Arc::new(Failover::new(Redis::new(url), memory));
        Self { replay: Arc::<Failover>::clone(&redis), limiter: Arc::<Failover>::clone(&redis), redis: Some(redis) }
    }

    pub(super) fn redis(&self) -> Option<&Arc<Failover>> {
        self.redis.as_ref()
    }

    /// Whether the state is shared through Redis.
    pub(crate) fn is_shared(&self) -> bool {
        self.redis.is_some()
    }

    /// Pings Redis; `None` if it is not configured.
    pub(crate) async fn ping(&self) -> Option<Result<(), StoreError>> {
        match &self.redis {
            None => None,
            Some(redis) => Some(redis.ping().await),
        }
    }

    /// A probe of Redis, for one worker.
    pub(crate) fn probe(&self) -> Probe<RedisHealth> {
        let ephemeral = self.clone();
        Probe::new(RedisHealth::Unreachable, move || {
            let ephemeral = ephemeral.clone();
            async move {
                match ephemeral.ping().await {
                    None => RedisHealth::Disabled,
                    Some(Ok(())) => RedisHealth::Connected,
                    Some(Err(_)) => RedisHealth::Unreachable,
                }
            }
        })
    }
}
