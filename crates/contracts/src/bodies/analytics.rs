use serde::{Deserialize, Serialize};
use steward_domain::{Role, UserStatistics};
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
