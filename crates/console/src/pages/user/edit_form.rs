//! The editable fields of a user: which ones changed, and how conflicts with another administrator's changes are
//! resolved.

use steward_contracts::bodies::{UpdateUserRequest, UserDetailsBody};
use steward_domain::Email;

use crate::request::{Draft, FormData};
use crate::{fields, roles};

/// A field of the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Field {
    /// The value when the form was shown.
    pub(super) was: String,
    pub(super) typed: String,
    pub(super) error: Option<String>,
}

impl Field {
    fn unchanged(value: &str) -> Self {
        Self { was: value.to_owned(), typed: value.to_owned(), error: None }
    }

    /// Reads the field from a form. A missing field counts as unchanged.
    fn from_form(get: &impl Fn(&str) -> Option<String>, name: &str) -> Self {
        let was = get(&format!("was_{name}")).unwrap_or_default();
        let typed = get(name).map_or_else(|| was.clone(), |typed| typed.trim().to_owned());
        Self { was, typed, error: None }
    }

    fn changed(&self) -> Option<&str> {
        (self.typed != self.was).then_some(self.typed.as_str())
    }

    /// Rebases the field onto the current value: an edited field keeps its value, any other takes the current one.
    fn rebase(&self, theirs: &str) -> Self {
        let typed = self.changed().unwrap_or(theirs).to_owned();
        Self { was: theirs.to_owned(), typed, error: None }
    }
}

/// The form that edits a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct EditForm {
    pub(super) email: Field,
    pub(super) name: Field,
    pub(super) role: Field,
    /// The version of the user that the form shows (`ETag`).
    pub(super) tag: String,
}

impl EditForm {
    /// Creates the form from the current user.
    pub(super) fn new(user: &UserDetailsBody, tag: String) -> Self {
        let [email, name, role] = [&user.email, &user.name, roles::name(user.role)].map(Field::unchanged);
        Self { email, name, role, tag }
    }

    /// Reads a submitted form; `None` if its tag is missing.
    pub(super) fn parse(form: &FormData) -> Option<Self> {
        Self::read(&|name| form.all(name).next().map(str::to_owned))
    }

    /// Restores the form from a draft.
    pub(super) fn from_draft(draft: &Draft) -> Option<Self> {
        Self::read(&|name| draft.get(name).map(str::to_owned))
    }

    fn read(get: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        Some(Self {
            email: Field::from_form(get, "email"),
            name: Field::from_form(get, "name"),
            role: Field::from_form(get, "role"),
            tag: get("tag")?,
        })
    }

    /// Returns the update request, with the edited fields only.
    pub(super) fn change(&self) -> UpdateUserRequest {
        let email = self.email.changed().filter(|typed| !is_same_address(typed, &self.email.was));
        let role = self.role.changed().and_then(roles::parse);
        let (email, name) = (email.map(str::to_owned), self.name.changed().map(str::to_owned));
        UpdateUserRequest { email, name, role, is_active: None }
    }

    /// Returns whether no field was edited.
    pub(super) fn is_unchanged(&self) -> bool {
        let UpdateUserRequest { email, name, role, .. } = self.change();
        email.is_none() && name.is_none() && role.is_none()
    }

    /// Rebases the form onto another administrator's changes.
    pub(super) fn rebase(&self, theirs: &UserDetailsBody, tag: String) -> Self {
        Self {
            email: self.email.rebase(&theirs.email),
            name: self.name.rebase(&theirs.name),
            role: self.role.rebase(roles::name(theirs.role)),
            tag,
        }
    }

    /// Returns each field whose current value differs from the typed one, in the form's order.
    pub(super) fn compare(&self, theirs: &UserDetailsBody) -> Vec<FieldConflict> {
        let fields = [
            (EditedField::Email, &self.email, theirs.email.as_str()),
            (EditedField::Name, &self.name, theirs.name.as_str()),
            (EditedField::Role, &self.role, roles::name(theirs.role)),
        ];
        let differing = fields.into_iter().filter(|(_, field, theirs)| field.typed != *theirs);
        let compared = differing.map(|(which, field, theirs)| FieldConflict {
            which,
            theirs: theirs.to_owned(),
            yours: field.typed.clone(),
            is_yours_chosen: field.changed().is_some(),
        });
        compared.collect()
    }
}

/// Returns whether two texts are spellings of the same e-mail address.
fn is_same_address(typed: &str, was: &str) -> bool {
    Email::parse(typed).is_ok_and(|typed| typed.as_str() == was || Email::parse(was) == Ok(typed))
}

/// A field with two different values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldConflict {
    pub(super) which: EditedField,
    pub(super) theirs: String,
    pub(super) yours: String,
    /// Whether the typed value is preselected: it is if the field was edited.
    pub(super) is_yours_chosen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EditedField {
    Email,
    Name,
    Role,
}

impl EditedField {
    /// Returns the field's name in forms.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Role => "role",
        }
    }

    /// Returns the id of the text that names the field.
    pub(super) fn text(self) -> &'static str {
        fields::text(self.field())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use steward_contracts::bodies::UserRole;

    use super::*;

    fn john() -> UserDetailsBody {
        UserDetailsBody {
            id: 3,
            user_id: "john".to_owned(),
            email: "john@example.com".to_owned(),
            name: "John Doe".to_owned(),
            role: UserRole::User,
            is_active: true,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            last_login: None,
            email_verified_at: None,
            locale: None,
            failures: 0,
            locked_until: None,
            purge_at: None,
            restorable_until: None,
            can_receive_link: true,
        }
    }

    fn sent(fields: &[(&str, &str)]) -> EditForm {
        let original =
            [("was_email", "john@example.com"), ("was_name", "John Doe"), ("was_role", "user"), ("tag", "t")];
        let get = |name: &str| {
            fields.iter().chain(&original).find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned())
        };
        EditForm::read(&get).unwrap()
    }

    #[test]
    fn only_edited_fields_are_sent() {
        for fields in [
            &[][..],
            &[("email", "john@example.com"), ("name", "John Doe"), ("role", "user")],
            &[("email", " John@Example.com "), ("name", "John Doe ")],
            &[("role", "emperor")],
        ] {
            assert!(sent(fields).is_unchanged(), "{fields:?}");
        }
        for (was, typed) in [
            ("max@maßanfertigung.example", "max@maßanfertigung.example"),
            ("max@maßanfertigung.example", "max@xn--maanfertigung-cdb.example"),
            ("max@xn--maanfertigung-cdb.example", "Max@maßanfertigung.example"),
            ("ju\u{308}rgen@example.com", "jürgen@example.com"),
            ("max@a_b.example", "max@a_b.example"),
        ] {
            let form =
                EditForm { email: Field { typed: typed.to_owned(), ..Field::unchanged(was) }, ..EditForm::default() };
            assert!(form.is_unchanged(), "{was} {typed}");
        }
        let change = sent(&[("email", "j@example.com"), ("name", "John Doe")]).change();
        assert_eq!((change.email.as_deref(), change.name, change.role), (Some("j@example.com"), None, None));
        let change = sent(&[("name", ""), ("role", "super_admin")]).change();
        assert_eq!((change.email, change.name.as_deref()), (None, Some("")));
        assert_eq!((change.role, change.is_active), (Some(UserRole::SuperAdmin), None));
    }

    #[test]
    fn a_form_without_a_tag_is_rejected() {
        assert_eq!(EditForm::read(&|name| (name != "tag").then(|| "x".to_owned())), None);
    }

    #[test]
    fn conflicts_are_listed_and_typed_values_stay() {
        let mine = sent(&[("name", "Johnny"), ("role", "user"), ("email", "j@example.com")]);
        let theirs = UserDetailsBody { name: "Jon".to_owned(), role: UserRole::Admin, ..john() };
        let conflicts = mine.compare(&theirs);
        let row = |which, theirs: &str, yours: &str, is_yours_chosen| FieldConflict {
            which,
            theirs: theirs.to_owned(),
            yours: yours.to_owned(),
            is_yours_chosen,
        };
        assert_eq!(
            conflicts,
            [
                row(EditedField::Email, "john@example.com", "j@example.com", true),
                row(EditedField::Name, "Jon", "Johnny", true),
                row(EditedField::Role, "admin", "user", false),
            ]
        );
        // Saving the rebased form keeps the typed values and reverts none of the other administrator's.
        let change = mine.rebase(&theirs, "next".to_owned()).change();
        assert_eq!((change.email.as_deref(), change.name.as_deref()), (Some("j@example.com"), Some("Johnny")));
        assert_eq!(change.role, None);
    }

    #[test]
    fn equal_changes_do_not_conflict() {
        let theirs = UserDetailsBody { name: "Jon".to_owned(), ..john() };
        assert_eq!(sent(&[("name", "Jon")]).compare(&theirs), []);
        assert!(sent(&[("name", "Jon")]).rebase(&theirs, "next".to_owned()).is_unchanged());
    }

    #[test]
    fn an_unedited_form_is_unchanged() {
        assert!(EditForm::new(&john(), "t".to_owned()).is_unchanged());
    }
}
