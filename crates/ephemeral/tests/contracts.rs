//! Every adapter passes the suite of its port.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::ReplayGuard;
use steward_ephemeral::{Failover, Memory, Redis};
use steward_testkit::TestClock;
use steward_testkit::servers::shared;

fn a_memory() -> Memory {
    Memory::new(Arc::new(TestClock::default()))
}

/// Patient, since the suites put more load on a small machine than the product's deadline allows for.
fn a_redis() -> Redis {
    Redis::connect(&shared::redis_url().into()).unwrap().with_timeout(Duration::from_secs(20))
}

mod memory {
    use super::{Arc, ReplayGuard, a_memory};

    async fn guard() -> Arc<dyn ReplayGuard> {
        Arc::new(a_memory())
    }

    mod replay {
        steward_testkit::replay_contract!(guard);
    }
}

mod redis {
    use super::{Arc, ReplayGuard, a_redis};

    async fn guard() -> Arc<dyn ReplayGuard> {
        Arc::new(a_redis())
    }

    mod replay {
        steward_testkit::replay_contract!(guard);
    }
}

mod failover {
    use super::{Arc, Failover, ReplayGuard, a_memory, a_redis};

    async fn guard() -> Arc<dyn ReplayGuard> {
        Arc::new(Failover::new(a_redis(), a_memory()))
    }

    mod replay {
        steward_testkit::replay_contract!(guard);
    }
}

mod failover_without_redis {
    use super::{Arc, Failover, Memory, Redis, ReplayGuard, a_memory};

    async fn guard() -> Arc<dyn ReplayGuard> {
        let memory: Memory = a_memory();
        // Nobody listens there: it is the port of tcpmux.
        Arc::new(Failover::new(Redis::connect(&"redis://127.0.0.1:1".into()).unwrap(), memory))
    }

    mod replay {
        steward_testkit::replay_contract!(guard);
    }
}
