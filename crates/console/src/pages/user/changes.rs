//! What the audit trail says in one line of a change (`email: a → b; role: user → admin`), field by field.

use steward_contracts::bodies::UserRole;
use steward_domain::Role;

use crate::language::Language;

/// A field, before and after; without a before where the account was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Change {
    pub(in crate::pages) field: String,
    pub(in crate::pages) before: Option<String>,
    pub(in crate::pages) after: String,
}

/// The fields by their names in the trail, in its order, with the ids of the texts that name them.
const FIELDS: [(&str, &str); 4] =
    [("email", "user-email"), ("name", "user-name"), ("role", "user-role"), ("is_active", "user-status")];
const ARROW: &str = " → ";
const BETWEEN: &str = "; ";

/// The fields of `details`; none where they cannot be told apart for certain: a name may hold anything, and must not
/// make a change look like another one.
pub(in crate::pages) fn read(details: &str, language: Language) -> Vec<Change> {
    let parts: Option<Vec<_>> = details.split(BETWEEN).map(|part| read_part(part, language)).collect();
    let Some(parts) = parts else { return Vec::new() };
    let in_order = parts.is_sorted_by(|(a, _), (b, _)| a < b);
    if in_order { parts.into_iter().map(|(_, change)| change).collect() } else { Vec::new() }
}

/// One field, with its place among all.
fn read_part(part: &str, language: Language) -> Option<(usize, Change)> {
    let (field, values) = part.split_once(": ")?;
    let at = FIELDS.iter().position(|(name, _)| *name == field)?;
    let (before, after) = match values.split_once(ARROW) {
        Some((before, after)) => (Some(before), after),
        None => (None, values),
    };
    if after.contains(ARROW) {
        return None;
    }
    let value = |text: &str| value(field, text, language);
    let before = match before {
        Some(before) => Some(value(before)?),
        None => None,
    };
    Some((at, Change { field: language.text(FIELDS[at].1), before, after: value(after)? }))
}

/// A value as people read it.
fn value(field: &str, text: &str, language: Language) -> Option<String> {
    match (field, text) {
        ("role", role) => Role::parse(role).ok().map(|role| role_text(role.into(), language)),
        ("is_active", "true") => Some(language.text("user-active")),
        ("is_active", "false") => Some(language.text("user-inactive")),
        ("is_active", _) => None,
        _ => Some(text.to_owned()),
    }
}

fn role_text(role: UserRole, language: Language) -> String {
    language.text(match role {
        UserRole::User => "role-user",
        UserRole::Admin => "role-admin",
        UserRole::SuperAdmin => "role-super-admin",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(details: &str) -> Vec<(String, String, String)> {
        let told = read(details, Language::English).into_iter();
        told.map(|change| (change.field, change.before.unwrap_or_default(), change.after)).collect()
    }

    #[test]
    fn each_field_is_told_before_and_after() {
        let details = "email: a@x.com → b@x.com; name: A: B → C; role: user → super_admin; is_active: true → false";
        let expected = [
            ("E-mail", "a@x.com", "b@x.com"),
            ("Name", "A: B", "C"),
            ("Role", "User", "Super admin"),
            ("Status", "Active", "Inactive"),
        ];
        assert_eq!(told(details), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn an_account_that_was_made_has_no_before() {
        let told = told("email: a@x.com; name: A; role: user");
        assert_eq!(told.len(), 3);
        assert!(told.iter().all(|(_, before, _)| before.is_empty()));
    }

    #[test]
    fn what_is_not_clear_is_not_taken_apart() {
        for details in [
            "",
            "every other session ended",
            "name: a → b → c",
            "name: A; role: user → admin → B",
            "role: user → emperor",
            "is_active: true → perhaps",
            "name: a → b; email: c → d",
            "name: a → b; name: c → d",
            "phone: 1 → 2",
        ] {
            assert_eq!(told(details), [], "{details}");
        }
    }
}
