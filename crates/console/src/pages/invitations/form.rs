use steward_contracts::bodies::{InvitationRequest, UserRole};
use steward_domain::invitation::authorize_invitation;

use crate::language::Language;
use crate::request::FormData;
use crate::roles;

/// The form that invites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InviteForm {
    pub(super) email: String,
    /// The error of the address.
    pub(super) error: Option<String>,
    /// The roles that the administrator may invite: name, role, and whether it is chosen.
    pub(super) roles: Vec<(&'static str, UserRole, bool)>,
    /// The chosen language of the mail.
    pub(super) language: Language,
    /// Why the call failed.
    pub(super) notice: Option<String>,
}

impl InviteForm {
    /// Creates the empty form of an administrator with this role, who reads the console in `language`.
    pub(super) fn new(actor: UserRole, language: Language) -> Self {
        Self::with(actor, String::new(), UserRole::User, language)
    }

    /// Reads a submitted form. `language` is that of the page.
    pub(super) fn parse(actor: UserRole, language: Language, form: &FormData) -> Self {
        let role = roles::parse(form.get("role")).unwrap_or(UserRole::User);
        let language = Language::from_tag(form.get("language")).unwrap_or(language);
        Self::with(actor, form.get("email").trim().to_owned(), role, language)
    }

    fn with(actor: UserRole, email: String, chosen: UserRole, language: Language) -> Self {
        let may_invite = |role: &UserRole| authorize_invitation(actor.into(), (*role).into()).is_ok();
        let roles = roles::ALL.into_iter().filter(may_invite);
        let roles = roles.map(|role| (roles::name(role), role, role == chosen)).collect();
        Self { email, error: None, roles, language, notice: None }
    }

    /// Returns the request. A role that is not offered counts as that of a user.
    pub(super) fn request(&self) -> InvitationRequest {
        let chosen = self.roles.iter().find(|(_, _, is_chosen)| *is_chosen);
        InvitationRequest {
            email: self.email.clone(),
            role: chosen.map(|(_, role, _)| *role),
            locale: Some(self.language.tag().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(actor: UserRole) -> Vec<&'static str> {
        InviteForm::new(actor, Language::English).roles.into_iter().map(|(name, ..)| name).collect()
    }

    #[test]
    fn only_permitted_roles_are_offered() {
        assert_eq!(offered(UserRole::Admin), ["user"]);
        assert_eq!(offered(UserRole::SuperAdmin), ["user", "admin", "super_admin"]);
    }

    #[test]
    fn the_request_has_the_chosen_role() {
        let kim = || "kim@example.com".to_owned();
        let form = InviteForm::with(UserRole::SuperAdmin, kim(), UserRole::Admin, Language::Korean);
        let request = form.request();
        assert_eq!((request.role, request.locale.as_deref()), (Some(UserRole::Admin), Some("ko")));
        let form = InviteForm::with(UserRole::Admin, kim(), UserRole::Admin, Language::English);
        assert_eq!(form.request().role, None);
    }
}
