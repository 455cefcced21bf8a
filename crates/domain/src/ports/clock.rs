use std::time::Duration;

use crate::Timestamp;

/// The current time. Use cases read it here and never from the system, so tests can set the time instead of sleeping.
pub trait Clock: Send + Sync {
    /// Returns the current time in whole microseconds.
    fn now(&self) -> Timestamp;

    /// Returns the time since a fixed instant in this process. It never decreases and ignores changes of the system
    /// clock. Use it for short-lived state that stays in this process.
    fn monotonic(&self) -> Duration;
}
