//! Texts for actions that the API denies.

use steward_client::Error;
use steward_domain::policy::Denied;

use crate::language::Language;

/// Returns why the API denied an action on a user. Returns `None` for errors that are not about a single action.
pub(in crate::pages) fn denial_text(error: &Error, language: Language) -> Option<String> {
    let code = error.code()?;
    if code == "session-not-found" {
        return Some(language.text("user-session-gone"));
    }
    let id = match Denied::from_code(code)? {
        Denied::TargetIsAdministrator => "user-denied-target-is-administrator",
        Denied::RolesAreForSuperAdmins => "user-denied-roles",
        Denied::CancellingIsForSuperAdmins => "outbox-denied-cancelling",
        Denied::DeactivatingOneself => "user-denied-deactivating-oneself",
        Denied::DeletingOneself => "user-denied-deleting-oneself",
        Denied::OwnRole => "user-denied-own-role",
        Denied::LastSuperAdmin => "user-denied-last-super-admin",
        // These redirect or have a page of their own.
        Denied::NotAnAdministrator | Denied::PasswordChangeRequired => return None,
    };
    Some(language.text(id))
}
