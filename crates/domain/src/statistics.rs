//! Statistics of all users.

use crate::Role;

/// The number of users at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserStatistics {
    /// Number of users by role and status: `(role, is_active, count)`. A missing combination has no users.
    pub counts: Vec<(Role, bool, u64)>,
    /// Accounts created in the last [`UserStatistics::RECENT_DAYS`] days.
    pub recent_registrations: u64,
}

impl UserStatistics {
    /// The length of the recent period, in days.
    pub const RECENT_DAYS: i64 = 30;

    /// Returns the number of all users.
    pub fn total(&self) -> u64 {
        self.sum(|_, _| true)
    }

    /// Returns the number of users who may sign in.
    pub fn active(&self) -> u64 {
        self.sum(|_, active| active)
    }

    /// Returns the number of users with a role.
    pub fn with_role(&self, role: Role) -> u64 {
        self.sum(|r, _| r == role)
    }

    /// Returns the percentage of active users, rounded to one decimal; 0 if there are no users.
    pub fn activity_rate(&self) -> f64 {
        match self.total() {
            0 => 0.0,
            // Exact up to 2⁵³ users.
            #[expect(clippy::cast_precision_loss)]
            total => (self.active() as f64 * 1000.0 / total as f64).round() / 10.0,
        }
    }

    fn sum(&self, is_counted: impl Fn(Role, bool) -> bool) -> u64 {
        self.counts.iter().filter(|(role, active, _)| is_counted(*role, *active)).map(|(_, _, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_percentages_match_the_sample_data() {
        let statistics = UserStatistics {
            counts: vec![
                (Role::User, true, 6),
                (Role::User, false, 2),
                (Role::Admin, true, 1),
                (Role::SuperAdmin, true, 1),
            ],
            recent_registrations: 10,
        };
        assert_eq!((statistics.total(), statistics.active()), (10, 8));
        assert_eq!(statistics.with_role(Role::User), 8);
        assert!((statistics.activity_rate() - 80.0).abs() < f64::EPSILON);
        assert!(UserStatistics::default().activity_rate().abs() < f64::EPSILON);
    }
}
