use steward_contracts::bodies::UserRole;
use steward_domain::policy::{Target, Verb, authorize};

use crate::request::Session;

/// What whoever is signed in may do to a user, as the policy says. The API has the last word: it alone knows who is the
/// last super_admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "one for each verb of the policy")]
pub(in crate::pages) struct May {
    pub(in crate::pages) edit: bool,
    pub(in crate::pages) change_role: bool,
    pub(in crate::pages) activate: bool,
    pub(in crate::pages) deactivate: bool,
    pub(in crate::pages) delete: bool,
    pub(in crate::pages) unlock: bool,
    pub(in crate::pages) reset_password: bool,
    pub(in crate::pages) revoke_sessions: bool,
}

impl May {
    pub(in crate::pages) fn of(session: &Session, user_id: &str, role: UserRole) -> Self {
        let is_self = session.user_id.eq_ignore_ascii_case(user_id);
        Self::decide(session.role, is_self, role)
    }

    fn decide(actor: UserRole, is_self: bool, role: UserRole) -> Self {
        let target = Target { role: role.into(), is_self, is_last_super_admin: false };
        let may = |verb| authorize(actor.into(), verb, target).is_ok();
        Self {
            edit: may(Verb::Edit),
            change_role: may(Verb::ChangeRole),
            activate: may(Verb::Activate),
            deactivate: may(Verb::Deactivate),
            delete: may(Verb::Delete),
            unlock: may(Verb::Unlock),
            reset_password: may(Verb::ResetPassword),
            revoke_sessions: may(Verb::RevokeSessions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_may_nothing_to_another_admin_and_gives_no_role() {
        let to_admin = May::decide(UserRole::Admin, false, UserRole::Admin);
        assert!(!to_admin.edit && !to_admin.activate && !to_admin.delete && !to_admin.reset_password);
        let to_user = May::decide(UserRole::Admin, false, UserRole::User);
        assert!(to_user.edit && to_user.deactivate && to_user.revoke_sessions && !to_user.change_role);
    }

    #[test]
    fn nobody_deletes_or_demotes_themself() {
        let own = May::decide(UserRole::SuperAdmin, true, UserRole::SuperAdmin);
        assert!(own.edit && own.reset_password && !own.change_role && !own.deactivate && !own.delete);
    }
}
