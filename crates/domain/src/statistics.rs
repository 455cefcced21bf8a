//! Numbers about all users.

use crate::Role;

/// How many users there are, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserStatistics {
    /// Users by role and status: `(role, is_active, count)`. Absent means none.
    pub counts: Vec<(Role, bool, u64)>,
    /// Accounts made in the last [`UserStatistics::RECENT_DAYS`] days.
    pub recent_registrations: u64,
}

impl UserStatistics {
    /// What counts as recent, in days.
    pub const RECENT_DAYS: i64 = 30;

    /// All users.
    pub fn total(&self) -> u64 {
        self.sum(|_, _| true)
    }

    /// Users who may sign in.
    pub fn active(&self) -> u64 {
        self.sum(|_, active| active)
    }

    /// Users of one role.
    pub fn with_role(&self, role: Role) -> u64 {
        self.sum(|r, _| r == role)
    }

    /// Active users in percent of all, rounded to one decimal; 0 when there are none.
    pub fn activity_rate(&self) -> f64 {
        match self.total() {
            0 => 0.0,
            // Exact up to 2⁵³ users.
            #[expect(clippy::cast_precision_loss)]
            total => (self.active() as f64 * 1000.0 / total as f64).round() / 10.0,
        }
    }

    fn sum(&self, wanted: impl Fn(Role, bool) -> bool) -> u64 {
        self.counts.iter().filter(|(role, active, _)| wanted(*role, *active)).map(|(_, _, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_ten_users() {
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
