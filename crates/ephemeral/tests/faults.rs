//! Redis killed, paused and restarted.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use steward_domain::ports::{ReplayGuard, StoreError};
use steward_ephemeral::{Failover, Memory, Redis, RedisState};
use steward_testkit::{TestClock, servers};
use tracing_subscriber::fmt::MakeWriter;

const MINUTE: Duration = Duration::from_mins(1);

/// A deadline that a busy machine keeps when Redis is there.
const DEADLINE: Duration = Duration::from_millis(250);

/// The deadline and what a busy machine adds to it.
const AT_MOST: Duration = Duration::from_secs(1);

fn redis_at(server: &servers::Redis) -> Redis {
    Redis::connect(&server.url().into()).unwrap().with_timeout(DEADLINE)
}

fn failover_at(server: &servers::Redis) -> Failover {
    Failover::new(redis_at(server), Memory::new(Arc::new(TestClock::default())))
}

/// What one call gives, and that it gives it in time.
async fn in_time<T>(call: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = call.await;
    assert!(begun.elapsed() < AT_MOST, "took {:?}", begun.elapsed());
    result
}

/// Claims nonces that were never claimed until Redis is in use again.
async fn until_it_is_back(guard: &Failover) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let begun = Instant::now();
    loop {
        let nonce = format!("until-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        assert!(in_time(guard.claim(&nonce, MINUTE)).await.unwrap());
        if guard.state() == RedisState::Connected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "not back after {:?}", begun.elapsed());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_password_and_a_database_are_taken_from_the_url() {
    let server = servers::Redis::start_with_password("s%c/r:t").unwrap();
    let url = |password: &str, database: u8| format!("redis://:{password}@127.0.0.1:{}/{database}", server.port());
    let redis = |url: String| Redis::connect(&url.into()).unwrap().with_timeout(Duration::from_secs(5));
    let (zero, three) = (redis(url("s%25c%2Fr%3At", 0)), redis(url("s%25c%2Fr%3At", 3)));
    zero.ping().await.unwrap();
    assert!(zero.claim("nonce", MINUTE).await.unwrap());
    assert!(three.claim("nonce", MINUTE).await.unwrap(), "databases are apart");
    assert!(!three.claim("nonce", MINUTE).await.unwrap());
    for wrong in [url("wrong", 0), format!("redis://127.0.0.1:{}", server.port())] {
        assert!(matches!(redis(wrong).ping().await, Err(StoreError::Unavailable(_))));
    }
}

#[test]
fn a_wrong_url_is_refused_without_its_password() {
    for url in ["http://:secret@host", "redis://:secret@", "rediss://:secret@host", "", "redis://:secret@host/x"] {
        let error = Redis::connect(&url.into()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("must be redis://"), "{url}: {error:?}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn redis_alone_answers_in_time_and_comes_back_by_itself() {
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
async fn nothing_that_was_claimed_is_granted_again_while_redis_goes_and_comes() {
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
    until_it_is_back(&guard).await;

    server.stop().unwrap();
    assert!(in_time(guard.claim("stopped", MINUTE)).await.unwrap());
    assert_eq!(guard.state(), RedisState::Unreachable);
    assert!(guard.ping().await.is_err());
    server.restart().unwrap();
    until_it_is_back(&guard).await;
    // The server came back empty.
    for nonce in ["before", "paused", "stopped"] {
        assert!(!guard.claim(nonce, MINUTE).await.unwrap(), "{nonce}");
    }
    assert!(guard.claim("after", MINUTE).await.unwrap());
}

#[tokio::test]
async fn while_redis_is_away_only_the_first_call_waits() {
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
async fn processes_share_what_is_claimed() {
    let server = servers::Redis::start().unwrap();
    let (one, other) = (failover_at(&server), failover_at(&server));
    for n in 0..20 {
        let nonce = n.to_string();
        let granted = [one.claim(&nonce, MINUTE).await.unwrap(), other.claim(&nonce, MINUTE).await.unwrap()];
        assert_eq!(granted, [true, false]);
    }
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn going_and_coming_back_are_one_log_line_each() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut server = servers::Redis::start().unwrap();
    let guard = failover_at(&server);
    until_it_is_back(&guard).await;
    log.0.lock().unwrap().clear();
    server.stop().unwrap();
    for n in 0..50 {
        guard.claim(&n.to_string(), MINUTE).await.unwrap();
    }
    server.restart().unwrap();
    until_it_is_back(&guard).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("WARN") && lines[0].contains("Redis is away"), "{log}");
    assert!(lines[1].contains("INFO") && lines[1].contains("Redis is back"), "{log}");
}
