//! The fields of a user that can be edited: what of them changed, and how that meets what somebody else changed.

use steward_contracts::bodies::{UpdateUserRequest, UserDetailsBody};
use steward_domain::Email;

use crate::request::{Draft, FormData};
use crate::{fields, roles};

/// A field of the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Field {
    /// What it was when the form was shown.
    pub(super) was: String,
    pub(super) typed: String,
    pub(super) error: Option<String>,
}

impl Field {
    fn of(value: &str) -> Self {
        Self { was: value.to_owned(), typed: value.to_owned(), error: None }
    }

    /// The field as it was sent. One that was not is as it was.
    fn sent(get: &impl Fn(&str) -> Option<String>, name: &str) -> Self {
        let was = get(&format!("was_{name}")).unwrap_or_default();
        let typed = get(name).map_or_else(|| was.clone(), |typed| typed.trim().to_owned());
        Self { was, typed, error: None }
    }

    fn changed(&self) -> Option<&str> {
        (self.typed != self.was).then_some(self.typed.as_str())
    }

    /// The field on top of what it is by now: what was typed stays, what was not touched follows.
    fn onto(&self, theirs: &str) -> Self {
        let typed = self.changed().unwrap_or(theirs).to_owned();
        Self { was: theirs.to_owned(), typed, error: None }
    }
}

/// The form in which a user is edited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct EditForm {
    pub(super) email: Field,
    pub(super) name: Field,
    pub(super) role: Field,
    /// Which version of the user the form shows (`ETag`).
    pub(super) tag: String,
}

impl EditForm {
    /// The form of a user as they are.
    pub(super) fn of(user: &UserDetailsBody, tag: String) -> Self {
        let [email, name, role] = [&user.email, &user.name, roles::name(user.role)].map(Field::of);
        Self { email, name, role, tag }
    }

    /// The form as it was sent; none where it was not.
    pub(super) fn parse(form: &FormData) -> Option<Self> {
        Self::read(&|name| form.all(name).next().map(str::to_owned))
    }

    /// The form as it was when the session was over.
    pub(super) fn kept(draft: &Draft) -> Option<Self> {
        Self::read(&|name| draft.get(name).map(str::to_owned))
    }

    fn read(get: &impl Fn(&str) -> Option<String>) -> Option<Self> {
        Some(Self {
            email: Field::sent(get, "email"),
            name: Field::sent(get, "name"),
            role: Field::sent(get, "role"),
            tag: get("tag")?,
        })
    }

    /// What is to change: the fields that were touched and no others.
    pub(super) fn change(&self) -> UpdateUserRequest {
        let email = self.email.changed().filter(|typed| !is_same_address(typed, &self.email.was));
        let role = self.role.changed().and_then(roles::parse);
        let (email, name) = (email.map(str::to_owned), self.name.changed().map(str::to_owned));
        UpdateUserRequest { email, name, role, is_active: None }
    }

    /// Whether nothing was touched.
    pub(super) fn is_unchanged(&self) -> bool {
        let UpdateUserRequest { email, name, role, .. } = self.change();
        email.is_none() && name.is_none() && role.is_none()
    }

    /// The form on top of what somebody else has made of the user meanwhile.
    pub(super) fn onto(&self, theirs: &UserDetailsBody, tag: String) -> Self {
        Self {
            email: self.email.onto(&theirs.email),
            name: self.name.onto(&theirs.name),
            role: self.role.onto(roles::name(theirs.role)),
            tag,
        }
    }

    /// Each field that is another one than what was typed, in the form's order.
    pub(super) fn compare(&self, theirs: &UserDetailsBody) -> Vec<Compared> {
        let fields = [
            (Which::Email, &self.email, theirs.email.as_str()),
            (Which::Name, &self.name, theirs.name.as_str()),
            (Which::Role, &self.role, roles::name(theirs.role)),
        ];
        let differing = fields.into_iter().filter(|(_, field, theirs)| field.typed != *theirs);
        let compared = differing.map(|(which, field, theirs)| Compared {
            which,
            theirs: theirs.to_owned(),
            yours: field.typed.clone(),
            is_yours_chosen: field.changed().is_some(),
        });
        compared.collect()
    }
}

/// Whether two texts are spellings of one address.
fn is_same_address(typed: &str, was: &str) -> bool {
    Email::parse(typed).is_ok_and(|typed| typed.as_str() == was || Email::parse(was) == Ok(typed))
}

/// A field that two people want to be different.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) which: Which,
    pub(super) theirs: String,
    pub(super) yours: String,
    /// What was touched is what its author most likely wants.
    pub(super) is_yours_chosen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Email,
    Name,
    Role,
}

impl Which {
    /// The field's name in forms.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Role => "role",
        }
    }

    /// The id of the text that names it.
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
            failures: 0,
            locked_until: None,
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
    fn only_what_was_touched_is_sent() {
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
            let form = EditForm { email: Field { typed: typed.to_owned(), ..Field::of(was) }, ..EditForm::default() };
            assert!(form.is_unchanged(), "{was} {typed}");
        }
        let change = sent(&[("email", "j@example.com"), ("name", "John Doe")]).change();
        assert_eq!((change.email.as_deref(), change.name, change.role), (Some("j@example.com"), None, None));
        let change = sent(&[("name", ""), ("role", "super_admin")]).change();
        assert_eq!((change.email, change.name.as_deref()), (None, Some("")));
        assert_eq!((change.role, change.is_active), (Some(UserRole::SuperAdmin), None));
    }

    #[test]
    fn a_form_without_its_tag_is_none() {
        assert_eq!(EditForm::read(&|name| (name != "tag").then(|| "x".to_owned())), None);
    }

    #[test]
    fn what_both_changed_is_to_be_chosen_and_what_was_typed_stays() {
        let mine = sent(&[("name", "Johnny"), ("role", "user"), ("email", "j@example.com")]);
        let theirs = UserDetailsBody { name: "Jon".to_owned(), role: UserRole::Admin, ..john() };
        let compared = mine.compare(&theirs);
        let row = |which, theirs: &str, yours: &str, is_yours_chosen| Compared {
            which,
            theirs: theirs.to_owned(),
            yours: yours.to_owned(),
            is_yours_chosen,
        };
        assert_eq!(
            compared,
            [
                row(Which::Email, "john@example.com", "j@example.com", true),
                row(Which::Name, "Jon", "Johnny", true),
                row(Which::Role, "admin", "user", false),
            ]
        );
        // Saving the form as it is then keeps what was typed and undoes nothing of theirs.
        let change = mine.onto(&theirs, "next".to_owned()).change();
        assert_eq!((change.email.as_deref(), change.name.as_deref()), (Some("j@example.com"), Some("Johnny")));
        assert_eq!(change.role, None);
    }

    #[test]
    fn whoever_wanted_the_same_has_nothing_to_choose() {
        let theirs = UserDetailsBody { name: "Jon".to_owned(), ..john() };
        assert_eq!(sent(&[("name", "Jon")]).compare(&theirs), []);
        assert!(sent(&[("name", "Jon")]).onto(&theirs, "next".to_owned()).is_unchanged());
    }

    #[test]
    fn a_form_of_a_user_changes_nothing() {
        assert!(EditForm::of(&john(), "t".to_owned()).is_unchanged());
    }
}
