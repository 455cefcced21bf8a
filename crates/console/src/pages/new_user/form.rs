use steward_client::Error;
use steward_contracts::bodies::{CreateUserRequest, UserRole};
use steward_domain::policy::authorize_creation;
use steward_domain::{DisplayName, Email, UserId};

use crate::language::Language;
use crate::pages::user::denial_text;
use crate::request::{Draft, FormData};
use crate::roles;

/// The form that creates a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewUserForm {
    pub(super) user_id: Field,
    pub(super) email: Field,
    pub(super) name: Field,
    /// The roles that the administrator may create: name, role, and whether it is chosen.
    pub(super) roles: Vec<(&'static str, UserRole, bool)>,
    pub(super) role_error: Option<String>,
    pub(super) is_active: bool,
    pub(super) active_error: Option<String>,
    pub(super) way: Way,
    pub(super) way_error: Option<String>,
    /// The errors of the password. The password itself is never sent back.
    pub(super) password_errors: Vec<String>,
    /// The key with which the API recognises a repeated submission.
    pub(super) key: String,
    /// Why the call failed, or that the form was restored.
    pub(super) notice: Option<String>,
}

/// A text field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Field {
    pub(super) typed: String,
    pub(super) error: Option<String>,
}

/// How the user gets a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Mail,
    Temporary,
    Set,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Mail, Self::Temporary, Self::Set];

    /// Returns the name in the form.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Temporary => "temporary",
            Self::Set => "set",
        }
    }

    /// Returns the ids of the texts that name and explain it.
    pub(super) fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Mail => ("user-new-by-mail", "user-new-by-mail-hint"),
            Self::Temporary => ("user-new-temporary", "user-new-temporary-hint"),
            Self::Set => ("user-new-set", "user-new-set-hint"),
        }
    }
}

impl NewUserForm {
    /// Creates the empty form of an administrator with this role.
    pub(super) fn new(actor: UserRole, key: String) -> Self {
        Self::read(actor, key, &|field| (field == "is_active").then(|| "yes".to_owned()))
    }

    /// Reads a submitted form. `new_key` is for a form without one.
    pub(super) fn parse(actor: UserRole, form: &FormData, new_key: String) -> Self {
        let key = Some(form.get("key").to_owned()).filter(|key| !key.is_empty()).unwrap_or(new_key);
        Self::read(actor, key, &|field| form.all(field).next().map(str::to_owned))
    }

    /// Restores the form from a draft.
    pub(super) fn from_draft(actor: UserRole, draft: &Draft, new_key: String) -> Self {
        let key = draft.get("key").filter(|key| !key.is_empty()).map_or(new_key, str::to_owned);
        Self::read(actor, key, &|field| draft.get(field).map(str::to_owned))
    }

    fn read(actor: UserRole, key: String, get: &impl Fn(&str) -> Option<String>) -> Self {
        let field = |name| Field { typed: get(name).unwrap_or_default().trim().to_owned(), error: None };
        let chosen = get("role").and_then(|role| roles::parse(&role)).unwrap_or(UserRole::User);
        let may_create = |role: &UserRole| authorize_creation(actor.into(), (*role).into()).is_ok();
        let way = get("way").and_then(|name| Way::ALL.into_iter().find(|way| way.name() == name));
        Self {
            user_id: field("user_id"),
            email: field("email"),
            name: field("name"),
            roles: roles::ALL
                .into_iter()
                .filter(may_create)
                .map(|role| (roles::name(role), role, role == chosen))
                .collect(),
            role_error: None,
            is_active: get("is_active").is_some(),
            active_error: None,
            way: way.unwrap_or(Way::Mail),
            way_error: None,
            password_errors: Vec::new(),
            key,
            notice: None,
        }
    }

    /// Checks the form without a call of the API.
    pub(super) fn check(&mut self, password: &str, language: Language) {
        let wrong = |id: &str| Some(language.text(id));
        if UserId::parse(&self.user_id.typed).is_err() {
            self.user_id.error = wrong("user-new-id-wrong");
        }
        if Email::parse(&self.email.typed).is_err() {
            self.email.error = wrong("user-email-wrong");
        }
        if DisplayName::parse(&self.name.typed).is_err() {
            self.name.error = wrong("user-name-wrong");
        }
        if self.way == Way::Set && password.is_empty() {
            self.password_errors.push(language.text("account-new-missing"));
        }
        if self.way == Way::Mail && !self.is_active {
            self.active_error = wrong("user-new-inactive-mail");
        }
    }

    /// Assigns the errors of the API to the fields, except those of the password.
    pub(super) fn set_errors(&mut self, error: &Error, language: Language) {
        let wrong = |id: &str| Some(language.text(id));
        let Some(problem) = error.problem() else { return };
        let has_error_of = |field: &str| problem.errors.iter().any(|error| error.field == field);
        match (error.code(), problem.status) {
            (Some("taken"), _) if has_error_of("email") => self.email.error = wrong("user-email-taken"),
            (Some("taken"), _) => self.user_id.error = wrong("accept-invitation-user-id-taken"),
            (Some("mail-off"), _) => self.way_error = wrong("invitations-mail-off"),
            (_, 403) => self.role_error = denial_text(error, language),
            (_, 422) => {
                for error in &problem.errors {
                    match error.field.as_str() {
                        "user_id" => self.user_id.error = wrong("accept-invitation-user-id-reserved"),
                        "email" => self.email.error = wrong("user-email-wrong"),
                        "name" => self.name.error = wrong("user-name-wrong"),
                        "role" => self.role_error = wrong("user-role-wrong"),
                        "is_active" => self.active_error = wrong("user-new-inactive-mail"),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether no field has an error.
    pub(super) fn is_valid(&self) -> bool {
        let fields = [&self.user_id.error, &self.email.error, &self.name.error];
        let others = [&self.role_error, &self.active_error, &self.way_error];
        fields.into_iter().chain(others).all(Option::is_none) && self.password_errors.is_empty()
    }

    /// Returns the request. A role that is not offered counts as that of a user.
    pub(super) fn request(&self, password: &str) -> CreateUserRequest {
        let role = self.roles.iter().find(|(_, _, is_chosen)| *is_chosen).map(|(_, role, _)| *role);
        CreateUserRequest {
            user_id: self.user_id.typed.clone(),
            email: self.email.typed.clone(),
            name: self.name.typed.clone(),
            role,
            is_active: Some(self.is_active),
            password: (self.way == Way::Set).then(|| password.to_owned()),
            invite: Some(self.way == Way::Mail),
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_contracts::Extensions;

    use super::*;
    use crate::testing::api_error;

    fn filled(actor: UserRole, more: &[(&str, &str)]) -> NewUserForm {
        let fields = [("user_id", " kim "), ("email", "kim@example.com"), ("name", "김민서"), ("way", "temporary")];
        let get = |name: &str| {
            more.iter().chain(&fields).find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned())
        };
        NewUserForm::read(actor, "a-key".to_owned(), &get)
    }

    fn error(status: u16, code: &str, fields: &[&str]) -> Error {
        api_error(status, code, fields, Extensions::default())
    }

    #[test]
    fn only_permitted_roles_are_offered() {
        let offered = |actor| filled(actor, &[]).roles.into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
        assert_eq!(offered(UserRole::Admin), ["user"]);
        assert_eq!(offered(UserRole::SuperAdmin), ["user", "admin", "super_admin"]);
        let form = filled(UserRole::Admin, &[("role", "super_admin")]);
        assert_eq!(form.request("").role, None);
    }

    #[test]
    fn the_request_has_the_password_only_if_it_is_set() {
        for (way, password, invite) in
            [("mail", None, Some(true)), ("temporary", None, Some(false)), ("set", Some("battery staple"), Some(false))]
        {
            let form = filled(UserRole::SuperAdmin, &[("way", way), ("role", "admin")]);
            let request = form.request("battery staple");
            assert_eq!((request.password.as_deref(), request.invite), (password, invite), "{way}");
            assert_eq!((request.user_id.as_str(), request.role), ("kim", Some(UserRole::Admin)));
        }
    }

    #[test]
    fn a_new_form_is_active_and_invites() {
        let form = NewUserForm::new(UserRole::Admin, "a-key".to_owned());
        assert_eq!((form.is_active, form.way, form.key.as_str()), (true, Way::Mail, "a-key"));
        assert!(!filled(UserRole::Admin, &[]).is_active, "an unchecked box is not sent");
    }

    #[test]
    fn each_wrong_field_has_an_error() {
        let mut form = filled(UserRole::Admin, &[("user_id", "-"), ("email", "nowhere"), ("name", " ")]);
        form.check("", Language::English);
        assert!(form.user_id.error.is_some() && form.email.error.is_some() && form.name.error.is_some());
        let mut form = filled(UserRole::Admin, &[("way", "set"), ("is_active", "yes")]);
        form.check("", Language::English);
        assert!(!form.password_errors.is_empty() && form.active_error.is_none());
        let mut form = filled(UserRole::Admin, &[("way", "mail")]);
        form.check("", Language::English);
        assert!(form.active_error.is_some());
        let mut form = filled(UserRole::Admin, &[]);
        form.check("", Language::English);
        assert!(form.is_valid(), "{form:?}");
    }

    #[test]
    fn errors_of_the_api_are_assigned_to_their_fields() {
        for (error, expected) in [
            (error(409, "taken", &["user_id"]), [true, false, false, false, false, false]),
            (error(409, "taken", &["email"]), [false, true, false, false, false, false]),
            (error(409, "mail-off", &[]), [false, false, false, false, false, true]),
            (error(403, "target-is-administrator", &[]), [false, false, false, true, false, false]),
            (
                error(422, "validation", &["user_id", "email", "name", "role", "is_active"]),
                [true, true, true, true, true, false],
            ),
            (error(422, "idempotency-key-reused", &[]), [false; 6]),
            (error(503, "unavailable", &[]), [false; 6]),
        ] {
            let mut form = filled(UserRole::SuperAdmin, &[]);
            form.set_errors(&error, Language::Korean);
            let is_valid = form.is_valid();
            let has_error = [form.user_id.error, form.email.error, form.name.error, form.role_error, form.active_error]
                .map(|error| error.is_some());
            assert_eq!(has_error, expected[..5], "{error}");
            assert_eq!(form.way_error.is_some(), expected[5], "{error}");
            assert_eq!(is_valid, !expected.contains(&true));
        }
    }
}
