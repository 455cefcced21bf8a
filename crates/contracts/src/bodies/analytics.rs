use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use steward_domain::{ActivityCounts, ActivityOverview, ActivityRange, Role, UserStatistics, activity};
use utoipa::ToSchema;

/// Current statistics of all users. All numbers are exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserAnalytics {
    /// Number of users.
    #[schema(example = 10)]
    pub total_users: u64,
    /// Number of users who may sign in.
    #[schema(example = 8)]
    pub active_users: u64,
    /// Number of users who may not sign in.
    #[schema(example = 2)]
    pub inactive_users: u64,
    /// Accounts created in the last 30 days.
    #[schema(example = 10)]
    pub recent_registrations: u64,
    /// Number of users by role.
    pub role_distribution: RoleDistribution,
    /// Percentage of active users, rounded to one decimal.
    #[schema(example = 80.0)]
    pub activity_rate: f64,
}

/// Number of users by role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleDistribution {
    /// Users without an administrator role.
    #[schema(example = 8)]
    pub user: u64,
    /// Admins.
    #[schema(example = 1)]
    pub admin: u64,
    /// Super-admins.
    #[schema(example = 1)]
    pub super_admin: u64,
}

impl From<&UserStatistics> for UserAnalytics {
    fn from(statistics: &UserStatistics) -> Self {
        let (total, active) = (statistics.total(), statistics.active());
        Self {
            total_users: total,
            active_users: active,
            inactive_users: total - active,
            recent_registrations: statistics.recent_registrations,
            role_distribution: RoleDistribution {
                user: statistics.with_role(Role::User),
                admin: statistics.with_role(Role::Admin),
                super_admin: statistics.with_role(Role::SuperAdmin),
            },
            activity_rate: statistics.activity_rate(),
        }
    }
}

/// Current statistics of users and sign-ins. `…_before` is the number for the previous period of the same length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// Number of users.
    #[schema(example = 10)]
    pub total_users: u64,
    /// Number of users who may sign in.
    #[schema(example = 8)]
    pub active_users: u64,
    /// Existing accounts that were created in the last 7 days.
    #[schema(example = 4)]
    pub new_users_7_days: u64,
    /// Existing accounts that were created in the 7 days before.
    #[schema(example = 3)]
    pub new_users_7_days_before: u64,
    /// Existing accounts that were created in the last 30 days.
    #[schema(example = 10)]
    pub new_users_30_days: u64,
    /// Existing accounts that were created in the 30 days before.
    #[schema(example = 0)]
    pub new_users_30_days_before: u64,
    /// Number of valid sessions, counted up to 10,000.
    #[schema(example = 5)]
    pub active_sessions: u64,
    /// Whether `active_sessions` is exact. It is exact up to 10,000.
    #[schema(example = true)]
    pub active_sessions_is_exact: bool,
    /// Failed sign-ins in the last 24 hours.
    #[schema(example = 2)]
    pub failed_sign_ins_24_hours: u64,
    /// Failed sign-ins in the 24 hours before.
    #[schema(example = 1)]
    pub failed_sign_ins_24_hours_before: u64,
    /// Users who signed in or used a session today (UTC).
    #[schema(example = 3)]
    pub daily_active_users: u64,
    /// Users who signed in or used a session in the last 7 days, including today.
    #[schema(example = 6)]
    pub weekly_active_users: u64,
    /// Users who signed in or used a session in the last 30 days, including today.
    #[schema(example = 8)]
    pub monthly_active_users: u64,
}

impl From<ActivityOverview> for Overview {
    fn from(overview: ActivityOverview) -> Self {
        Self {
            total_users: overview.total_users,
            active_users: overview.active_users,
            new_users_7_days: overview.new_users_7_days.now,
            new_users_7_days_before: overview.new_users_7_days.before,
            new_users_30_days: overview.new_users_30_days.now,
            new_users_30_days_before: overview.new_users_30_days.before,
            active_sessions: overview.active_sessions.count,
            active_sessions_is_exact: overview.active_sessions.exact,
            failed_sign_ins_24_hours: overview.failed_sign_ins_24_hours.now,
            failed_sign_ins_24_hours_before: overview.failed_sign_ins_24_hours.before,
            daily_active_users: overview.daily_active_users,
            weekly_active_users: overview.weekly_active_users,
            monthly_active_users: overview.monthly_active_users,
        }
    }
}

/// Activity by day, week or month. Days are in the requested time zone, UTC by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// The first day of the first bucket. Buckets are complete, so it may be before the requested day.
    #[schema(example = "2026-10-01")]
    pub from: NaiveDate,
    /// The first day after the last bucket.
    #[schema(example = "2026-11-01")]
    pub to: NaiveDate,
    /// The length of a bucket.
    pub interval: Interval,
    /// All buckets in order, including empty ones.
    pub points: Vec<ActivityPoint>,
}

/// The activity in one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityPoint {
    /// The bucket's first day. Weeks begin on Monday.
    #[schema(example = "2026-10-01")]
    pub date: NaiveDate,
    /// Existing accounts that were created in the bucket.
    #[schema(example = 2)]
    pub registrations: u64,
    /// Successful sign-ins.
    #[schema(example = 12)]
    pub sign_ins: u64,
    /// Failed sign-ins.
    #[schema(example = 1)]
    pub failed_sign_ins: u64,
    /// Users who signed in or used a session, each counted once. Includes users who have been deleted since. Days are in
    /// UTC in every time zone.
    #[schema(example = 5)]
    pub active_users: u64,
}

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// One day.
    #[default]
    Day,
    /// One week, beginning on Monday.
    Week,
    /// One calendar month.
    Month,
}

impl Interval {
    /// Returns the interval's name on the wire.
    pub fn as_str(self) -> &'static str {
        activity::Interval::from(self).as_str()
    }
}

impl From<activity::Interval> for Interval {
    fn from(interval: activity::Interval) -> Self {
        match interval {
            activity::Interval::Day => Self::Day,
            activity::Interval::Week => Self::Week,
            activity::Interval::Month => Self::Month,
        }
    }
}

impl From<Interval> for activity::Interval {
    fn from(interval: Interval) -> Self {
        match interval {
            Interval::Day => Self::Day,
            Interval::Week => Self::Week,
            Interval::Month => Self::Month,
        }
    }
}

impl Activity {
    /// Creates the response for the counts of a range.
    pub fn new(range: &ActivityRange, counts: Vec<ActivityCounts>) -> Self {
        let point = |counts: ActivityCounts| ActivityPoint {
            date: counts.date,
            registrations: counts.registrations,
            sign_ins: counts.sign_ins,
            failed_sign_ins: counts.failed_sign_ins,
            active_users: counts.active_users,
        };
        Self {
            from: range.from(),
            to: range.to(),
            interval: range.interval().into(),
            points: counts.into_iter().map(point).collect(),
        }
    }
}
