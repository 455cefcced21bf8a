//! Roles, as forms send them and as people read them.

use steward_contracts::bodies::UserRole;
use steward_domain::Role;

/// Every role, from the one that may least.
pub(crate) const ALL: [UserRole; 3] = [UserRole::User, UserRole::Admin, UserRole::SuperAdmin];

/// A role's name in forms, in addresses and on the wire.
pub(crate) fn name(role: UserRole) -> &'static str {
    Role::from(role).as_str()
}

/// The role of this name.
pub(crate) fn parse(name: &str) -> Option<UserRole> {
    Role::parse(name).ok().map(UserRole::from)
}

/// The id of the text that names it.
pub(crate) fn text(role: UserRole) -> &'static str {
    match role {
        UserRole::User => "role-user",
        UserRole::Admin => "role-admin",
        UserRole::SuperAdmin => "role-super-admin",
    }
}
