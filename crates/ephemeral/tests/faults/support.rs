use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use deadpool_redis::redis;
use steward_ephemeral::{Failover, Memory, Redis};
use steward_testkit::{TestClock, servers};

/// A deadline that Redis meets on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// An upper bound for tests: several deadlines, but fewer than one per call of a test with many calls. A busy machine
/// stays below it, and a defect exceeds it.
pub(crate) const AT_MOST: Duration = Duration::from_secs(30);

pub(crate) fn redis_at(server: &servers::Redis) -> Redis {
    Redis::new(&server.url().parse().unwrap()).with_timeout(DEADLINE)
}

pub(crate) fn failover_at(server: &servers::Redis) -> Failover {
    failover_of(redis_at(server))
}

pub(crate) fn failover_of(redis: Redis) -> Failover {
    Failover::new(redis.with_timeout(DEADLINE), Memory::new(Arc::new(TestClock::default())))
}

/// Creates a failover whose limits use `clock` in memory and in Redis.
pub(crate) fn limiter_at(server: &servers::Redis, clock: Arc<TestClock>) -> Failover {
    Failover::new(redis_at(server).with_clock(clock.clone()), Memory::new(clock))
}

/// Awaits a call and asserts that it completes in time.
pub(crate) async fn in_time<T>(call: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = call.await;
    assert!(begun.elapsed() < AT_MOST, "took {:?}", begun.elapsed());
    result
}

/// Sends a command directly to the server at `url`.
pub(crate) fn send<T: redis::FromRedisValue>(url: &str, command: &str) -> T {
    let mut words = command.split_whitespace();
    let mut command = redis::cmd(words.next().unwrap());
    for word in words {
        command.arg(word);
    }
    command.query(&mut redis::Client::open(url).unwrap().get_connection().unwrap()).unwrap()
}

/// Waits until a condition is true, such as a change between servers that takes time.
pub(crate) async fn until(state: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_true().await {
        assert!(begun.elapsed() < Duration::from_mins(1), "not {state} after {:?}", begun.elapsed());
        tokio::task::yield_now().await;
    }
}

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Returns the log of this thread, and so of this test, since the previous call.
///
/// All threads share one subscriber, because `tracing` caches an event's interest from the first thread that emits it.
pub(crate) fn log() -> String {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| tracing_subscriber::fmt().with_writer(|| ThisThread).with_ansi(false).init());
    String::from_utf8(LOG.take()).unwrap()
}

struct ThisThread;

impl Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
