//! What the API refuses, in the reader's language.

use steward_client::Error;
use steward_domain::policy::Denied;

use crate::language::Language;

/// Why the API refused what somebody wanted to do to a user: for a message where they stand. `None` for what concerns
/// more than that.
pub(in crate::pages) fn refusal(error: &Error, language: Language) -> Option<String> {
    let code = error.code()?;
    if code == "session-not-found" {
        return Some(language.text("user-session-gone"));
    }
    let id = match Denied::from_code(code)? {
        Denied::TargetIsAdministrator => "user-denied-target-is-administrator",
        Denied::RolesAreForSuperAdmins => "user-denied-roles",
        Denied::DeactivatingOneself => "user-denied-deactivating-oneself",
        Denied::DeletingOneself => "user-denied-deleting-oneself",
        Denied::OwnRole => "user-denied-own-role",
        Denied::LastSuperAdmin => "user-denied-last-super-admin",
        // These have pages of their own.
        Denied::NotAnAdministrator | Denied::PasswordChangeRequired => return None,
    };
    Some(language.text(id))
}
