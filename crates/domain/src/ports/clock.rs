use crate::Timestamp;

/// The time of day. Use cases ask this and never the system, so tests move time instead of sleeping.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds.
    fn now(&self) -> Timestamp;
}
