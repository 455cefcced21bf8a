use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_ephemeral::{Failover, RedisState};
use steward_testkit::servers;
use tokio::task::JoinSet;

use crate::support::{AT_MOST, limiter_at, until};

const CALLERS: usize = 16;

/// The results of one caller.
#[derive(Default)]
struct Run {
    requests: u64,
    errors: u64,
    allowed: u64,
    longest: Duration,
}

/// Calls without a pause until `done`, each time for a shared key and for a new one.
async fn load(limiter: Arc<Failover>, caller: usize, shared: Quota, done: Arc<AtomicBool>) -> Run {
    let mut run = Run::default();
    let own = Quota::parse("60/min").unwrap();
    while !done.load(Ordering::Relaxed) {
        let key = format!("{caller}-{}", run.requests);
        let begun = Instant::now();
        let shared = limiter.check(&[Charge { rule: "shared", key: "key", quota: shared }]).await;
        run.longest = run.longest.max(begun.elapsed());
        let begun = Instant::now();
        let own = limiter.check(&[Charge { rule: "own", key: &key, quota: own }]).await;
        run.longest = run.longest.max(begun.elapsed());
        run.requests += 2;
        match (shared, own) {
            (Ok(shared), Ok(own)) => {
                run.allowed += u64::from(shared[0].allowed);
                assert!(own[0].allowed, "{key} is new");
            }
            _ => run.errors += 1,
        }
        tokio::task::yield_now().await;
    }
    run
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_an_outage_delays_no_call_and_allows_at_most_both_quotas() {
    let mut server = servers::Redis::start().unwrap();
    // The clock does not advance, so at most one burst is allowed per store.
    let limiter = Arc::new(limiter_at(&server, Arc::default()));
    let quota = Quota::parse("1000/min").unwrap();
    until("connected", async || limiter.ping().await.is_ok()).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(load(limiter.clone(), caller, quota, done.clone()));
    }
    let is = async |state: RedisState| until(&format!("{state:?}"), async || limiter.state() == state).await;
    for _ in 0..2 {
        server.pause().unwrap();
        is(RedisState::Unreachable).await;
        server.resume().unwrap();
        is(RedisState::Connected).await;
        server.stop().unwrap();
        is(RedisState::Unreachable).await;
        server.restart().unwrap();
        is(RedisState::Connected).await;
    }
    done.store(true, Ordering::Relaxed);
    let mut all = Run::default();
    for run in callers.join_all().await {
        all.requests += run.requests;
        all.errors += run.errors;
        all.allowed += run.allowed;
        all.longest = all.longest.max(run.longest);
    }
    println!(
        "requests {}, errors {}, longest wait {:?}, allowed {}",
        all.requests, all.errors, all.longest, all.allowed
    );
    assert_eq!(all.errors, 0);
    assert!(all.longest < AT_MOST, "the longest call took {:?}", all.longest);
    // One burst, and one more after each restart without data.
    assert!(all.allowed <= 3 * 1000, "{} were allowed", all.allowed);
}
