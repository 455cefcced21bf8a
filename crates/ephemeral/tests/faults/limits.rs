use std::sync::Arc;
use std::time::{Duration, Instant};

use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, StoreError, Verdict};
use steward_ephemeral::{Failover, RedisState};
use steward_testkit::servers;
use tokio::task::JoinSet;

use crate::support::{AT_MOST, in_time, limiter_at, redis_at, tell, until};

fn quota(text: &str) -> Quota {
    Quota::parse(text).unwrap()
}

async fn check(limiter: &impl RateLimiter, key: &str, quota: Quota) -> Verdict {
    in_time(limiter.check(&[Charge { rule: "login", key, quota }])).await.unwrap()[0]
}

/// How many of many calls are let in, while the clock stands still.
async fn allowed(limiter: &Failover, key: &str, quota: Quota) -> u32 {
    let mut allowed = 0;
    for _ in 0..3 * quota.burst() {
        allowed += u32::from(check(limiter, key, quota).await.allowed);
    }
    allowed
}

async fn until_it_is(state: RedisState, limiter: &Failover) {
    let quota = quota("1000000/sec");
    until(&format!("{state:?}"), async || {
        check(limiter, "until", quota).await;
        limiter.state() == state
    })
    .await;
}

#[tokio::test]
async fn redis_going_and_coming_gives_nobody_more_than_both_memories_allow() {
    let mut server = servers::Redis::start().unwrap();
    let limiter = limiter_at(&server, Arc::default());
    let quota = quota("60/min:10");
    until_it_is(RedisState::Connected, &limiter).await;
    assert_eq!(allowed(&limiter, "alice", quota).await, 10);
    for _ in 0..4 {
        assert!(check(&limiter, "bob", quota).await.allowed);
    }

    server.pause().unwrap();
    assert_eq!(allowed(&limiter, "alice", quota).await, 0, "what Redis had let in is not let in again");
    assert_eq!(limiter.state(), RedisState::Unreachable);
    assert_eq!(allowed(&limiter, "bob", quota).await, 6, "what is left of a quota is left");
    assert_eq!(allowed(&limiter, "carol", quota).await, 10, "others are let in");
    server.resume().unwrap();
    until_it_is(RedisState::Connected, &limiter).await;
    assert_eq!(allowed(&limiter, "alice", quota).await, 0, "Redis has forgotten nothing");
    assert!(allowed(&limiter, "bob", quota).await <= 6);

    server.stop().unwrap();
    assert_eq!(allowed(&limiter, "alice", quota).await, 0);
    assert!(limiter.stood_in() >= 100);
    server.restart().unwrap();
    until_it_is(RedisState::Connected, &limiter).await;
    assert_eq!(allowed(&limiter, "alice", quota).await, 10, "Redis came back empty: it allows a burst, once");
    server.stop().unwrap();
    assert_eq!(allowed(&limiter, "alice", quota).await, 0);
}

#[tokio::test]
async fn while_redis_hangs_only_those_who_had_asked_wait() {
    let server = Arc::new(servers::Redis::start().unwrap());
    let limiter = Arc::new(limiter_at(&server, Arc::default()));
    until_it_is(RedisState::Connected, &limiter).await;
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
async fn a_server_that_forgot_the_script_is_told_it_again() {
    let server = servers::Redis::start().unwrap();
    let redis = redis_at(&server);
    let quota = quota("60/min");
    for _ in 0..3 {
        assert!(check(&redis, "alice", quota).await.allowed);
        tell::<()>(&server.url(), "SCRIPT FLUSH");
    }
    assert_eq!(check(&redis, "alice", quota).await.remaining, 56);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_counts_as_away() {
    let server = servers::Redis::start().unwrap();
    let limiter = limiter_at(&server, Arc::default());
    until_it_is(RedisState::Connected, &limiter).await;
    tell::<()>(&server.url(), "REPLICAOF 127.0.0.1 1");
    assert!(check(&limiter, "alice", quota("60/min")).await.allowed);
    assert_eq!(limiter.state(), RedisState::Unreachable);
    assert!(limiter.ping().await.is_err(), "a PING would be answered");
    tell::<()>(&server.url(), "REPLICAOF NO ONE");
    limiter.ping().await.unwrap();
    assert_eq!(limiter.state(), RedisState::Connected);
}

#[tokio::test]
async fn processes_share_limits_by_the_servers_clock_whatever_their_own() {
    let server = servers::Redis::start().unwrap();
    let (one, other) = (redis_at(&server), redis_at(&server));
    let quota = quota("600/min:3");
    let begun = Instant::now();
    let mut allowed = 0;
    // The first three, and ten more, which take a second or as long as the machine does.
    while allowed < 13 {
        for redis in [&one, &other] {
            allowed += u32::from(check(redis, "alice", quota).await.allowed);
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "only {allowed} were let in");
    }
    let most = 3 + u32::try_from(begun.elapsed().as_millis() / 100).unwrap();
    assert!(allowed <= most, "{allowed} of {most}");
}

#[tokio::test]
async fn redis_keeps_a_key_until_it_has_drained_and_no_longer() {
    let server = servers::Redis::start().unwrap();
    let redis = redis_at(&server);
    for (key, text, at_most) in [("slow", "1/day", 86_400_000), ("quick", "1000/min:5", 60)] {
        let verdict = check(&redis, key, quota(text)).await;
        let expires: i64 = tell(&server.url(), &format!("PTTL steward:{{limit}}:login:{key}"));
        // The quick one may be gone by now.
        assert!(expires <= at_most && (expires > 86_000_000 || key == "quick"), "{key}: {expires}");
        assert_eq!(verdict.reset_after.as_millis(), u128::try_from(at_most).unwrap());
    }
}

#[tokio::test]
async fn redis_alone_says_that_it_does_not_know() {
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
    until("answered again", async || in_time(redis.check(&charge)).await.is_ok()).await;
    server.stop().unwrap();
    assert!(matches!(in_time(redis.check(&charge)).await, Err(StoreError::Unavailable(_))));
    server.restart().unwrap();
    until("answered again", async || in_time(redis.check(&charge)).await.is_ok()).await;
}
