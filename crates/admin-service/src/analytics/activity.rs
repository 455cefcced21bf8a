//! Activity by day, week or month.

use chrono::NaiveDate;
use steward_domain::activity::InvalidRange;
use steward_domain::policy::Denied;
use steward_domain::ports::StoreError;
use steward_domain::{ActivityCounts, ActivityRange, Actor, Interval, TimeZone, policy};

use crate::AdminService;

/// The range, the bucket length and the time zone. By default the last 30 days in UTC, including today.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActivityQuery {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The first day after the range.
    pub to: Option<NaiveDate>,
    /// The length of a bucket.
    pub interval: Interval,
    /// The time zone of the days.
    pub time_zone: TimeZone,
}

/// Errors of [`AdminService::activity`].
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// The policy denies the action.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The range is not valid.
    #[error(transparent)]
    Range(#[from] InvalidRange),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminService {
    /// Returns the effective range, and the counts of each bucket.
    pub async fn activity(
        &self,
        actor: &Actor,
        query: &ActivityQuery,
    ) -> Result<(ActivityRange, Vec<ActivityCounts>), ActivityError> {
        policy::authorize_reading(actor.role)?;
        let today = query.time_zone.day(self.clock.now());
        let range = ActivityRange::new(query.from, query.to, query.interval, today)?.in_time_zone(query.time_zone);
        let counts = self.activity.activity(&range).await?;
        Ok((range, counts))
    }
}
