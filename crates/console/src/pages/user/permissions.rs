use steward_contracts::bodies::UserRole;
use steward_domain::policy::{Target, Verb, authorize};

use crate::request::Session;

/// What the policy allows the signed-in user to do to another user. The API decides in the end: only the API knows the
/// last super_admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "one for each verb of the policy")]
pub(in crate::pages) struct Permissions {
    pub(in crate::pages) edit: bool,
    pub(in crate::pages) change_role: bool,
    pub(in crate::pages) activate: bool,
    pub(in crate::pages) deactivate: bool,
    pub(in crate::pages) delete: bool,
    pub(in crate::pages) unlock: bool,
    pub(in crate::pages) reset_password: bool,
    pub(in crate::pages) revoke_sessions: bool,
}

impl Permissions {
    pub(in crate::pages) fn new(session: &Session, user_id: &str, role: UserRole) -> Self {
        let is_self = session.user_id.eq_ignore_ascii_case(user_id);
        Self::decide(session.role, is_self, role)
    }

    fn decide(actor: UserRole, is_self: bool, role: UserRole) -> Self {
        let target = Target { role: role.into(), is_self, is_last_super_admin: false };
        let allows = |verb| authorize(actor.into(), verb, target).is_ok();
        Self {
            edit: allows(Verb::Edit),
            change_role: allows(Verb::ChangeRole),
            activate: allows(Verb::Activate),
            deactivate: allows(Verb::Deactivate),
            delete: allows(Verb::Delete),
            unlock: allows(Verb::Unlock),
            reset_password: allows(Verb::ResetPassword),
            revoke_sessions: allows(Verb::RevokeSessions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_cannot_manage_admins_or_change_roles() {
        let to_admin = Permissions::decide(UserRole::Admin, false, UserRole::Admin);
        assert!(!to_admin.edit && !to_admin.activate && !to_admin.delete && !to_admin.reset_password);
        let to_user = Permissions::decide(UserRole::Admin, false, UserRole::User);
        assert!(to_user.edit && to_user.deactivate && to_user.revoke_sessions && !to_user.change_role);
    }

    #[test]
    fn a_super_admin_cannot_delete_or_demote_their_own_account() {
        let own = Permissions::decide(UserRole::SuperAdmin, true, UserRole::SuperAdmin);
        assert!(own.edit && own.reset_password && !own.change_role && !own.deactivate && !own.delete);
    }
}
