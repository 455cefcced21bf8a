use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use steward_domain::{ActivityCounts, ActivityOverview, ActivityRange, Role, UserStatistics, activity};
use utoipa::ToSchema;

/// Numbers about all users, exact at this moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UserAnalytics {
    /// All users.
    #[schema(example = 10)]
    pub total_users: u64,
    /// Users who may sign in.
    #[schema(example = 8)]
    pub active_users: u64,
    /// Users who may not.
    #[schema(example = 2)]
    pub inactive_users: u64,
    /// Accounts made in the last 30 days.
    #[schema(example = 10)]
    pub recent_registrations: u64,
    /// Users by role.
    pub role_distribution: RoleDistribution,
    /// Active users in percent of all, to one decimal.
    #[schema(example = 80.0)]
    pub activity_rate: f64,
}

/// Users by role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleDistribution {
    /// Plain users.
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

/// How users and sign-ins stand now. `…_before` is the number of the span as long as that before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// All users.
    #[schema(example = 10)]
    pub total_users: u64,
    /// Users who may sign in.
    #[schema(example = 8)]
    pub active_users: u64,
    /// Accounts made in the last 7 days, of those that are still there.
    #[schema(example = 4)]
    pub new_users_7_days: u64,
    /// Accounts made in the 7 days before those.
    #[schema(example = 3)]
    pub new_users_7_days_before: u64,
    /// Accounts made in the last 30 days, of those that are still there.
    #[schema(example = 10)]
    pub new_users_30_days: u64,
    /// Accounts made in the 30 days before those.
    #[schema(example = 0)]
    pub new_users_30_days_before: u64,
    /// Sessions that are good, counted up to 10,000.
    #[schema(example = 5)]
    pub active_sessions: u64,
    /// Whether `active_sessions` is exact: up to 10,000.
    #[schema(example = true)]
    pub active_sessions_is_exact: bool,
    /// Sign-ins that failed in the last 24 hours.
    #[schema(example = 2)]
    pub failed_sign_ins_24_hours: u64,
    /// Sign-ins that failed in the 24 hours before those.
    #[schema(example = 1)]
    pub failed_sign_ins_24_hours_before: u64,
    /// Users who signed in or went on working today (UTC).
    #[schema(example = 3)]
    pub daily_active_users: u64,
    /// Users who did on any of the last 7 days, today included.
    #[schema(example = 6)]
    pub weekly_active_users: u64,
    /// Users who did on any of the last 30 days, today included.
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

/// How much went on, day by day, week by week or month by month. Days are those of UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// The first day that is counted: buckets are whole, so it may be before the one that was asked for.
    #[schema(example = "2026-10-01")]
    pub from: NaiveDate,
    /// The first day that is not counted any more.
    #[schema(example = "2026-11-01")]
    pub to: NaiveDate,
    /// How long each bucket is.
    pub interval: Interval,
    /// Every bucket in order, those in which nothing went on included.
    pub points: Vec<ActivityPoint>,
}

/// How much went on in one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityPoint {
    /// The bucket's first day; weeks begin on Monday.
    #[schema(example = "2026-10-01")]
    pub date: NaiveDate,
    /// Accounts made, of those that are still there.
    #[schema(example = 2)]
    pub registrations: u64,
    /// Sign-ins.
    #[schema(example = 12)]
    pub sign_ins: u64,
    /// Sign-ins that failed.
    #[schema(example = 1)]
    pub failed_sign_ins: u64,
    /// Users who signed in or went on working, each counted once; those who have been removed since among them.
    #[schema(example = 5)]
    pub active_users: u64,
}

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// A day.
    #[default]
    Day,
    /// A week, from Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

impl Interval {
    /// Its name on the wire.
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
    /// What went on in the buckets of a range.
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
