use std::sync::Arc;
use std::time::{Duration, Instant};

use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, StoreError, Verdict};
use steward_ephemeral::{Failover, RedisState};
use steward_testkit::servers;
use tokio::task::JoinSet;

use crate::support::{AT_MOST, in_time, limiter_at, redis_at, send, until};

fn quota(text: &str) -> Quota {
    Quota::parse(text).unwrap()
}

async fn check(limiter: &impl RateLimiter, key: &str, quota: Quota) -> Verdict {
    in_time(limiter.check(&[Charge { rule: "login", key, quota }])).await.unwrap()[0]
}

/// Returns the number of allowed calls among many, without advancing the clock.
async fn allowed(limiter: &Failover, key: &str, quota: Quota) -> u32 {
    let mut allowed = 0;
    for _ in 0..3 * quota.burst() {
        allowed += u32::from(check(limiter, key, quota).await.allowed);
    }
    allowed
}

async fn wait_for_state(state: RedisState, limiter: &Failover) {
    let quota = quota("1000000/sec");
    until(&format!("{state:?}"), async || {
        check(limiter, "until", quota).await;
        limiter.state() == state
    })
    .await;
}

#[tokio::test]
async fn an_outage_allows_at_most_the_quotas_of_redis_and_memory() {
    let mut server = servers::Redis::start().unwrap();
    let limiter = limiter_at(&server, Arc::default());
    let quota = quota("60/min:10");
    wait_for_state(RedisState::Connected, &limiter).await;
    assert_eq!(allowed(&limiter, "alice", quota).await, 10);
    for _ in 0..4 {
        assert!(check(&limiter, "bob", quota).await.allowed);
    }

    server.pause().unwrap();
    assert_eq!(allowed(&limiter, "alice", quota).await, 0, "memory knows the calls that Redis allowed");
    assert_eq!(limiter.state(), RedisState::Unreachable);
    assert_eq!(allowed(&limiter, "bob", quota).await, 6, "the rest of the quota is available");
    assert_eq!(allowed(&limiter, "carol", quota).await, 10, "other keys are allowed");
    server.resume().unwrap();
    wait_for_state(RedisState::Connected, &limiter).await;
    assert_eq!(allowed(&limiter, "alice", quota).await, 0, "Redis has kept its data");
    assert!(allowed(&limiter, "bob", quota).await <= 6);

    server.stop().unwrap();
    assert_eq!(allowed(&limiter, "alice", quota).await, 0);
    assert!(limiter.stood_in() >= 100);
    server.restart().unwrap();
    wait_for_state(RedisState::Connected, &limiter).await;
    assert_eq!(allowed(&limiter, "alice", quota).await, 10, "Redis has lost its data, so it allows one more burst");
    server.stop().unwrap();
    assert_eq!(allowed(&limiter, "alice", quota).await, 0);
}

#[tokio::test]
async fn only_pending_calls_wait_while_redis_hangs() {
    let server = Arc::new(servers::Redis::start().unwrap());
    let limiter = Arc::new(limiter_at(&server, Arc::default()));
    wait_for_state(RedisState::Connected, &limiter).await;
    let mut server = Arc::into_inner(server).unwrap();
    server.pause().unwrap();
    let begun = Instant::now();
    let mut calls = JoinSet::new();
    for n in 0..200 {
        let limiter = limiter.clone();
        calls.spawn(async move { check(&*limiter, &n.to_string(), quota("60/min")).await });
    }
    assert!(calls.join_all().await.iter().all(|verdict| verdict.allowed));
    for n in 0..1000 {
        check(&*limiter, &n.to_string(), quota("60/min")).await;
    }
    assert!(begun.elapsed() < AT_MOST, "took {:?}", begun.elapsed());
}

#[tokio::test]
async fn the_script_is_sent_again_to_a_server_that_lost_it() {
    let server = servers::Redis::start().unwrap();
    let redis = redis_at(&server);
    let quota = quota("60/min");
    for _ in 0..3 {
        assert!(check(&redis, "alice", quota).await.allowed);
        send::<()>(&server.url(), "SCRIPT FLUSH");
    }
    assert_eq!(check(&redis, "alice", quota).await.remaining, 56);
}

#[tokio::test]
async fn a_server_without_write_access_counts_as_unreachable() {
    let server = servers::Redis::start().unwrap();
    let limiter = limiter_at(&server, Arc::default());
    wait_for_state(RedisState::Connected, &limiter).await;
    send::<()>(&server.url(), "REPLICAOF 127.0.0.1 1");
    assert!(check(&limiter, "alice", quota("60/min")).await.allowed);
    assert_eq!(limiter.state(), RedisState::Unreachable);
    assert!(limiter.ping().await.is_err(), "a PING would succeed");
    send::<()>(&server.url(), "REPLICAOF NO ONE");
    limiter.ping().await.unwrap();
    assert_eq!(limiter.state(), RedisState::Connected);
}

#[tokio::test]
async fn processes_share_limits_by_the_servers_clock() {
    let server = servers::Redis::start().unwrap();
    let (one, other) = (redis_at(&server), redis_at(&server));
    let quota = quota("600/min:3");
    let begun = Instant::now();
    let mut allowed = 0;
    // The burst of three, and ten more calls, which take at least one second.
    while allowed < 13 {
        for redis in [&one, &other] {
            allowed += u32::from(check(redis, "alice", quota).await.allowed);
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "only {allowed} were allowed");
    }
    let most = 3 + u32::try_from(begun.elapsed().as_millis() / 100).unwrap();
    assert!(allowed <= most, "{allowed} of {most}");
}

#[tokio::test]
async fn redis_deletes_a_key_when_it_has_drained() {
    let server = servers::Redis::start().unwrap();
    let redis = redis_at(&server);
    for (key, text, at_most) in [("slow", "1/day", 86_400_000), ("quick", "1000/min:5", 60)] {
        let verdict = check(&redis, key, quota(text)).await;
        let expires: i64 = send(&server.url(), &format!("PTTL steward:{{limit}}:login:{key}"));
        // The quick key may have expired already.
        assert!(expires <= at_most && (expires > 86_000_000 || key == "quick"), "{key}: {expires}");
        assert_eq!(verdict.reset_after.as_millis(), u128::try_from(at_most).unwrap());
    }
}

#[tokio::test]
async fn redis_alone_reports_that_it_is_unavailable() {
    let mut server = servers::Redis::start().unwrap();
    let redis = redis_at(&server);
    let quota = quota("60/min");
    let charge = [Charge { rule: "login", key: "alice", quota }];
    assert!(check(&redis, "alice", quota).await.allowed);
    server.pause().unwrap();
    for _ in 0..3 {
        assert!(matches!(in_time(redis.check(&charge)).await, Err(StoreError::Unavailable(_))));
    }
    server.resume().unwrap();
    until("reachable again", async || in_time(redis.check(&charge)).await.is_ok()).await;
    server.stop().unwrap();
    assert!(matches!(in_time(redis.check(&charge)).await, Err(StoreError::Unavailable(_))));
    server.restart().unwrap();
    until("reachable again", async || in_time(redis.check(&charge)).await.is_ok()).await;
}
