//! Every adapter passes the suites of its ports.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{RateLimiter, ReplayGuard};
use steward_ephemeral::{Failover, Memory, Redis};
use steward_testkit::TestClock;
use steward_testkit::contracts::Limiter;
use steward_testkit::servers::shared;

fn a_memory(clock: Arc<TestClock>) -> Memory {
    Memory::new(clock)
}

/// Patient, since the suites put more load on a small machine than the product's deadline allows for.
fn a_redis(clock: Arc<TestClock>) -> Redis {
    let redis = Redis::connect(&shared::redis_url().into()).unwrap();
    redis.with_timeout(Duration::from_secs(20)).with_clock(clock)
}

fn a_failover(clock: Arc<TestClock>) -> Failover {
    Failover::new(a_redis(clock.clone()), a_memory(clock))
}

fn a_failover_without_redis(clock: Arc<TestClock>) -> Failover {
    // Nobody listens there: it is the port of tcpmux.
    Failover::new(Redis::connect(&"redis://127.0.0.1:1".into()).unwrap(), a_memory(clock))
}

/// Both suites, on what a function makes of a clock.
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
    memory: a_memory,
    redis: a_redis,
    failover: a_failover,
    failover_without_redis: a_failover_without_redis,
}
