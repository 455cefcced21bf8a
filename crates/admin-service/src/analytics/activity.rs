//! How much went on, by day, week or month.

use chrono::NaiveDate;
use steward_domain::activity::InvalidRange;
use steward_domain::policy::Denied;
use steward_domain::ports::StoreError;
use steward_domain::{ActivityCounts, ActivityRange, Actor, Interval, policy};

use crate::AdminService;

/// Which days, and in which buckets. What is `None` is the last 30 days, today included.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActivityQuery {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The first day after.
    pub to: Option<NaiveDate>,
    /// How long a bucket is.
    pub interval: Interval,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Those days cannot be asked for.
    #[error(transparent)]
    Range(#[from] InvalidRange),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminService {
    /// What went on in each bucket of a range, and which range that is.
    pub async fn activity(
        &self,
        actor: &Actor,
        query: &ActivityQuery,
    ) -> Result<(ActivityRange, Vec<ActivityCounts>), ActivityError> {
        policy::authorize_reading(actor.role)?;
        let range = ActivityRange::new(query.from, query.to, query.interval, self.clock.now().date_naive())?;
        let counts = self.activity.activity(&range).await?;
        Ok((range, counts))
    }
}
