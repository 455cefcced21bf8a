//! Parses audit details into changes per field (`email: a → b; role: user → admin`).

use crate::fields;
use crate::language::Language;
use crate::pages::audit::Details;

/// A field before and after a change. A created account has no value before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Change {
    pub(in crate::pages) field: String,
    pub(in crate::pages) before: Option<String>,
    pub(in crate::pages) after: String,
}

/// Returns the changed fields; none if the details are ambiguous.
pub(in crate::pages) fn parse(details: &str, language: Language) -> Vec<Change> {
    let change = |field: &str, before: Option<&str>, after: &str| Change {
        field: language.text(fields::text(field)),
        before: before.map(|before| fields::value(language, field, before)),
        after: fields::value(language, field, after),
    };
    match Details::parse(details) {
        Details::Changes(changes) => {
            changes.iter().map(|one| change(one.field, Some(&one.before), &one.after)).collect()
        }
        Details::Facts(facts) => facts.iter().map(|(field, value)| change(field, None, value)).collect(),
        Details::Text(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes_of(details: &str) -> Vec<(String, String, String)> {
        let changes = parse(details, Language::English).into_iter();
        changes.map(|change| (change.field, change.before.unwrap_or_default(), change.after)).collect()
    }

    #[test]
    fn each_field_has_its_value_before_and_after() {
        let details = "email: a@x.com → b@x.com; name: A: B → C; role: user → super_admin; is_active: true → false";
        let expected = [
            ("E-mail", "a@x.com", "b@x.com"),
            ("Name", "A: B", "C"),
            ("Role", "User", "Super admin"),
            ("Status", "Active", "Inactive"),
        ];
        assert_eq!(changes_of(details), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn a_created_account_has_no_values_before() {
        let changes = changes_of("email: a@x.com; name: A; role: user");
        assert_eq!(changes.len(), 3);
        assert!(changes.iter().all(|(_, before, _)| before.is_empty()));
    }

    #[test]
    fn ambiguous_details_have_no_changes() {
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
            assert_eq!(changes_of(details), [], "{details}");
        }
    }
}
