use async_trait::async_trait;
use chrono::TimeDelta;

use super::StoreError;
use crate::Timestamp;

/// Leases of background tasks that one process of many runs at a time.
///
/// All times come from the callers, so the clock of storage does not matter. A caller whose clock is ahead sees a lease
/// as expired too early, by the difference of the clocks. A holder must therefore stop before the lease expires, by at
/// least the largest difference that it expects.
#[async_trait]
pub trait TaskLeases: Send + Sync {
    /// Acquires the lease `name` for `holder`, or extends it: it then expires `ttl` after `now`, even if that is earlier
    /// than before. Returns whether `holder` has the lease.
    ///
    /// - MUST succeed if the lease is free, if it has expired at `now`, or if `holder` has it.
    /// - MUST NOT change the lease of another holder before it has expired at `now`.
    /// - MUST NOT succeed for more than one of several holders that call at once, in any number of processes.
    async fn acquire(&self, name: &str, holder: &str, now: Timestamp, ttl: TimeDelta) -> Result<bool, StoreError>;

    /// Releases the lease `name`, so that any holder can acquire it at once.
    ///
    /// MUST change nothing if `holder` does not have the lease.
    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError>;
}
