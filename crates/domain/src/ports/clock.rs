use std::time::Duration;

use crate::Timestamp;

/// The time. Use cases ask this and never the system, so tests move time instead of sleeping.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds.
    fn now(&self) -> Timestamp;

    /// The time since some fixed instant in this process. It never goes back and does not follow the time of day when that
    /// is set: for what only this process keeps, and for a while.
    fn monotonic(&self) -> Duration;
}
