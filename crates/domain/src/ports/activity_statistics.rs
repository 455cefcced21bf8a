use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::activity::{ActivityCounts, ActivityOverview, ActivityRange};

/// How much goes on, for reading. Written by whatever happens: `Accounts` adds registrations, `Sessions::open` and
/// `SignIns::record` attempts to sign in, `Sessions::open`, `refresh` and `seen` the users who were there.
///
/// Neither method may count what is more than an hour's worth of events or some `Total::CAP` sessions one by one. Sign-ins
/// and active users MUST stay counted when attempts are purged and users removed; registrations of the removed MUST
/// NOT. Whether a user was there on a day before another one on which they are known to have been MAY be left out: what
/// is written late, around midnight.
#[async_trait]
pub trait ActivityStatistics: Send + Sync {
    /// How everything stands at `now`.
    ///
    /// MUST see every change that was committed before the call. Calls that wait at the same time MAY get the same
    /// numbers, as they stand at the latest of their moments.
    async fn overview(&self, now: Timestamp) -> Result<ActivityOverview, StoreError>;

    /// How much went on in each bucket of a range, in order, those in which nothing did included.
    ///
    /// MUST see every change that was committed before the call.
    async fn activity(&self, range: &ActivityRange) -> Result<Vec<ActivityCounts>, StoreError>;
}
