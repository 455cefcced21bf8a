use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use deadpool_redis::redis;
use steward_ephemeral::{Failover, Memory, Redis};
use steward_testkit::{TestClock, servers};

/// A deadline that a busy machine keeps when Redis is there.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// Longer than a few deadlines, and shorter than one for each of many calls: more than any load adds, and less than a
/// defect.
pub(crate) const AT_MOST: Duration = Duration::from_secs(30);

pub(crate) fn redis_at(server: &servers::Redis) -> Redis {
    Redis::connect(&server.url().into()).unwrap().with_timeout(DEADLINE)
}

pub(crate) fn failover_at(server: &servers::Redis) -> Failover {
    failover_of(redis_at(server))
}

pub(crate) fn failover_of(redis: Redis) -> Failover {
    Failover::new(redis.with_timeout(DEADLINE), Memory::new(Arc::new(TestClock::default())))
}

/// Limits that go by `clock`, here and in Redis.
pub(crate) fn limiter_at(server: &servers::Redis, clock: Arc<TestClock>) -> Failover {
    Failover::new(redis_at(server).with_clock(clock.clone()), Memory::new(clock))
}

/// What one call gives, and that it gives it in time.
pub(crate) async fn in_time<T>(call: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = call.await;
    assert!(begun.elapsed() < AT_MOST, "took {:?}", begun.elapsed());
    result
}

/// Sends a command to the server at `url`, past everything that is tested.
pub(crate) fn tell<T: redis::FromRedisValue>(url: &str, command: &str) -> T {
    let mut words = command.split_whitespace();
    let mut sent = redis::cmd(words.next().unwrap());
    for word in words {
        sent.arg(word);
    }
    sent.query(&mut redis::Client::open(url).unwrap().get_connection().unwrap()).unwrap()
}

/// Tries until it holds: what servers do among themselves takes its time.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_mins(1), "not {what} after {:?}", begun.elapsed());
        tokio::task::yield_now().await;
    }
}

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What this thread, and so this test, has logged since it was last asked.
///
/// One subscriber for all: `tracing` remembers whether anybody wants an event by the first thread that it happens in.
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
