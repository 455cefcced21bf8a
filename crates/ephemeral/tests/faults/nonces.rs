use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use steward_domain::ports::{ReplayGuard, StoreError};
use steward_ephemeral::{Failover, RedisState};
use steward_testkit::servers;

use crate::support::{AT_MOST, failover_at, in_time, log, redis_at};

const MINUTE: Duration = Duration::from_mins(1);

/// Claims new nonces until Redis is in use again.
async fn wait_until_connected(guard: &Failover) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let begun = Instant::now();
    loop {
        let nonce = format!("until-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        assert!(in_time(guard.claim(&nonce, MINUTE)).await.unwrap());
        if guard.state() == RedisState::Connected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "not connected after {:?}", begun.elapsed());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn redis_alone_fails_in_time_and_reconnects() {
    let mut server = servers::Redis::start().unwrap();
    let redis = redis_at(&server);
    assert!(in_time(redis.claim("one", MINUTE)).await.unwrap());
    server.pause().unwrap();
    for _ in 0..3 {
        assert!(matches!(in_time(redis.claim("two", MINUTE)).await, Err(StoreError::Unavailable(_))));
    }
    server.resume().unwrap();
    assert!(!in_time(redis.claim("one", MINUTE)).await.unwrap());
    server.stop().unwrap();
    for _ in 0..3 {
        assert!(matches!(in_time(redis.claim("three", MINUTE)).await, Err(StoreError::Unavailable(_))));
    }
    server.restart().unwrap();
    assert!(in_time(redis.claim("four", MINUTE)).await.unwrap());
}

#[tokio::test]
async fn no_claimed_nonce_is_granted_again_after_an_outage() {
    let mut server = servers::Redis::start().unwrap();
    let guard = failover_at(&server);
    assert!(guard.claim("before", MINUTE).await.unwrap());
    assert_eq!(guard.state(), RedisState::Connected);

    server.pause().unwrap();
    assert!(in_time(guard.claim("paused", MINUTE)).await.unwrap());
    assert_eq!(guard.state(), RedisState::Unreachable);
    for nonce in ["before", "paused"] {
        assert!(!in_time(guard.claim(nonce, MINUTE)).await.unwrap(), "{nonce}");
    }
    server.resume().unwrap();
    wait_until_connected(&guard).await;

    server.stop().unwrap();
    assert!(in_time(guard.claim("stopped", MINUTE)).await.unwrap());
    assert_eq!(guard.state(), RedisState::Unreachable);
    assert!(guard.ping().await.is_err());
    server.restart().unwrap();
    wait_until_connected(&guard).await;
    // The server lost its data.
    for nonce in ["before", "paused", "stopped"] {
        assert!(!guard.claim(nonce, MINUTE).await.unwrap(), "{nonce}");
    }
    assert!(guard.claim("after", MINUTE).await.unwrap());
}

#[tokio::test]
async fn only_the_first_call_waits_while_redis_is_unreachable() {
    let mut server = servers::Redis::start().unwrap();
    let guard = failover_at(&server);
    guard.ping().await.unwrap();
    server.pause().unwrap();
    assert!(in_time(guard.claim("first", MINUTE)).await.unwrap());
    let begun = Instant::now();
    for n in 0..1000 {
        assert!(guard.claim(&n.to_string(), MINUTE).await.unwrap());
    }
    assert!(begun.elapsed() < AT_MOST, "a thousand took {:?}", begun.elapsed());
}

#[tokio::test]
async fn processes_share_claimed_nonces() {
    let server = servers::Redis::start().unwrap();
    let (one, other) = (failover_at(&server), failover_at(&server));
    for n in 0..20 {
        let nonce = n.to_string();
        let granted = [one.claim(&nonce, MINUTE).await.unwrap(), other.claim(&nonce, MINUTE).await.unwrap()];
        assert_eq!(granted, [true, false]);
    }
}

#[tokio::test]
async fn an_outage_and_its_end_log_one_line_each() {
    let mut server = servers::Redis::start().unwrap();
    let guard = failover_at(&server);
    wait_until_connected(&guard).await;
    log();
    server.stop().unwrap();
    for n in 0..50 {
        guard.claim(&n.to_string(), MINUTE).await.unwrap();
    }
    server.restart().unwrap();
    wait_until_connected(&guard).await;
    let log = log();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("WARN") && lines[0].contains("Redis is away"), "{log}");
    assert!(lines[1].contains("INFO") && lines[1].contains("Redis is back"), "{log}");
}
