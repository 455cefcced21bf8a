use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::Timestamp;
use steward_domain::ports::Clock;

use crate::the_beginning;

/// A clock that stands still until it is moved. It begins at [`the_beginning`].
#[derive(Debug)]
pub struct TestClock {
    /// Microseconds since the epoch.
    now: AtomicI64,
    /// Microseconds that have passed.
    passed: AtomicI64,
}

impl TestClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now: AtomicI64::new(now.timestamp_micros()), passed: AtomicI64::new(0) }
    }

    /// Lets time pass. A negative span is a step back.
    pub fn advance(&self, by: TimeDelta) {
        let by = micros(by);
        self.now.fetch_add(by, Ordering::SeqCst);
        self.passed.fetch_add(by.max(0), Ordering::SeqCst);
    }

    /// Lets time pass until `now`. An earlier instant is a step back.
    pub fn set(&self, now: Timestamp) {
        self.advance(now - self.now());
    }

    /// Sets the time of day forward or back while no time passes.
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
