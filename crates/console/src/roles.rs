//! Roles in forms and texts.

use steward_contracts::bodies::UserRole;
use steward_domain::Role;

/// Every role, in ascending order of permissions.
pub(crate) const ALL: [UserRole; 3] = [UserRole::User, UserRole::Admin, UserRole::SuperAdmin];

/// Returns a role's name in forms, URLs and the API.
pub(crate) fn name(role: UserRole) -> &'static str {
    Role::from(role).as_str()
}

/// Parses a role's name.
pub(crate) fn parse(name: &str) -> Option<UserRole> {
    Role::parse(name).ok().map(UserRole::from)
}

/// Returns the id of the text that names a role.
pub(crate) fn text(role: UserRole) -> &'static str {
    match role {
        UserRole::User => "role-user",
        UserRole::Admin => "role-admin",
        UserRole::SuperAdmin => "role-super-admin",
    }
}
