use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::activity::{ActivityCounts, ActivityOverview, ActivityRange};

/// Read access to activity statistics. Other ports write them: `Accounts` adds registrations, `Sessions::open` and
/// `SignIns::record` add sign-ins and failures. `Sessions::open`, `refresh` and `record_last_seen` add active users.
///
/// - A method MUST NOT count individual rows beyond one hour of events or `ActivityOverview::SESSIONS_CAP` sessions.
/// - Sign-ins and active users MUST stay counted after attempts are purged and users are deleted.
/// - Registrations of deleted users MUST NOT be counted.
/// - A user's activity on a day MAY be missing if a later day of theirs is already recorded. This happens to late
///   writes around midnight.
#[async_trait]
pub trait ActivityStatistics: Send + Sync {
    /// Returns the statistics at `now`.
    ///
    /// MUST see every change that was committed before the call. Concurrent calls MAY share one result, which is that
    /// of the latest `now` among them.
    async fn overview(&self, now: Timestamp) -> Result<ActivityOverview, StoreError>;

    /// Returns the counts of each bucket of a range, in order, including empty buckets.
    ///
    /// MUST see every change that was committed before the call. Events MUST count in their day of the range's time
    /// zone. Active users MUST count in days of UTC, in every time zone. If a day begins within an hour of UTC, all
    /// registrations and sign-ins of this hour MAY count in the day before.
    async fn activity(&self, range: &ActivityRange) -> Result<Vec<ActivityCounts>, StoreError>;
}
