//! Runs the contract suites of the ports against every adapter.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{RateLimiter, ReplayGuard};
use steward_ephemeral::{Failover, Memory, Redis};
use steward_testkit::TestClock;
use steward_testkit::contracts::Limiter;
use steward_testkit::servers::shared;

fn memory_adapter(clock: Arc<TestClock>) -> Memory {
    Memory::new(clock)
}

/// Has a long deadline, because the suites put a small machine under more load than the default deadline allows.
fn redis_adapter(clock: Arc<TestClock>) -> Redis {
    let redis = Redis::new(&shared::redis_url().parse().unwrap());
    redis.with_timeout(Duration::from_secs(20)).with_clock(clock)
}

fn failover_adapter(clock: Arc<TestClock>) -> Failover {
    Failover::new(redis_adapter(clock.clone()), memory_adapter(clock))
}

fn failover_adapter_without_redis(clock: Arc<TestClock>) -> Failover {
    // No server listens on port 1 (tcpmux).
    Failover::new(Redis::new(&"redis://127.0.0.1:1".parse().unwrap()), memory_adapter(clock))
}

/// Runs both suites against the adapter that a function creates from a clock.
macro_rules! contracts {
    ($($adapter:ident: $make:ident,)*) => {
        $(
            mod $adapter {
                use super::{Arc, Limiter, RateLimiter, ReplayGuard, TestClock, $make};

                async fn guard() -> Arc<dyn ReplayGuard> {
                    Arc::new($make(Arc::default()))
                }

                async fn limiter() -> Limiter {
                    let clock: Arc<TestClock> = Arc::default();
                    let limiter: Arc<dyn RateLimiter> = Arc::new($make(clock.clone()));
                    Limiter { limiter, clock }
                }

                mod replay {
                    steward_testkit::replay_contract!(guard);
                }

                mod rate_limiter {
                    steward_testkit::rate_limiter_contract!(limiter);
                }
            }
        )*
    };
}

contracts! {
    memory: memory_adapter,
    redis: redis_adapter,
    failover: failover_adapter,
    failover_without_redis: failover_adapter_without_redis,
}
