use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::Timestamp;
use steward_domain::ports::Clock;

use crate::the_beginning;

/// A clock that moves only when a test moves it. It starts at [`the_beginning`].
#[derive(Debug)]
pub struct TestClock {
    /// Microseconds since the epoch.
    now: AtomicI64,
    /// Elapsed microseconds of the monotonic clock.
    passed: AtomicI64,
}

impl TestClock {
    /// A clock set to `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.timestamp_micros()), passed: AtomicI64::new(0) }
    }

    /// Advances both clocks. A negative span sets only the time of day back.
    pub fn advance(&self, by: TimeDelta) {
        let by = micros(by);
        self.now.fetch_add(by, Ordering::SeqCst);
        self.passed.fetch_add(by.max(0), Ordering::SeqCst);
    }

    /// Advances both clocks until `now`. An earlier instant sets only the time of day back.
    pub fn set(&self, now: Timestamp) {
        self.advance(now - self.now());
    }

    /// Sets the time of day forward or back without elapsed time.
    pub fn step(&self, by: TimeDelta) {
        self.now.fetch_add(micros(by), Ordering::SeqCst);
    }
}

fn micros(span: TimeDelta) -> i64 {
    span.num_microseconds().expect("less than 292,000 years")
}

impl Default for TestClock {
    fn default() -> Self {
        Self::at(the_beginning())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.now.load(Ordering::SeqCst)).expect("a time that was set")
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }
}
