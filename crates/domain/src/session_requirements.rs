use std::collections::BTreeSet;

use crate::User;

/// A condition that the user of a session must fulfil before the session permits everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionRequirement {
    /// The user must change the password, which another user set.
    ChangePassword,
}

impl SessionRequirement {
    /// Every requirement.
    pub const ALL: [Self; 1] = [Self::ChangePassword];
}

/// The requirements of a session that the user has not fulfilled yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionRequirements(BTreeSet<SessionRequirement>);

impl SessionRequirements {
    /// Returns the requirements of a session of `user`.
    pub fn of(user: &User) -> Self {
        user.must_change_password.then_some(SessionRequirement::ChangePassword).into_iter().collect()
    }

    /// Returns the requirement to fulfil first, or `None` if the session permits everything.
    pub fn first(&self) -> Option<SessionRequirement> {
        self.first_except(&[])
    }

    /// Returns the first requirement that is not in `accepted`.
    pub fn first_except(&self, accepted: &[SessionRequirement]) -> Option<SessionRequirement> {
        self.0.iter().copied().find(|requirement| !accepted.contains(requirement))
    }

    /// Whether the session has this requirement.
    pub fn contains(&self, requirement: SessionRequirement) -> bool {
        self.0.contains(&requirement)
    }
}

impl FromIterator<SessionRequirement> for SessionRequirements {
    fn from_iter<T: IntoIterator<Item = SessionRequirement>>(requirements: T) -> Self {
        Self(requirements.into_iter().collect())
    }
}
