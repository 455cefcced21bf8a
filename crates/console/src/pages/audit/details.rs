//! The details of an audit entry. The domain writes them as text: `name: A → B; role: user → admin` for a change,
//! `email: x; name: y` for an account that was created or deleted, or a sentence.

/// The fields of an account and those of a profile, in the order in which the domain writes them.
const FIELDS: [&str; 11] = [
    "email",
    "name",
    "role",
    "is_active",
    "is_restorable",
    "phone",
    "department",
    "title",
    "locale",
    "time_zone",
    "attributes",
];
const ARROW: &str = " → ";

/// The details of an audit entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) enum Details {
    Changes(Vec<Change>),
    /// Fields with their values: at creation, or before the deletion.
    Facts(Vec<(&'static str, String)>),
    /// Any other text, unchanged.
    Text(String),
}

/// A field before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Change {
    pub(in crate::pages) field: &'static str,
    pub(in crate::pages) before: String,
    pub(in crate::pages) after: String,
}

impl Details {
    pub(in crate::pages) fn parse(text: &str) -> Self {
        let fields = split_fields(text).unwrap_or_default();
        let facts = || fields.iter().map(|(field, value)| fact(field, value)).collect::<Option<_>>();
        let changes = || fields.iter().map(|(field, value)| change(field, value)).collect::<Option<_>>();
        let read = facts().map(Self::Facts).or_else(|| changes().map(Self::Changes));
        read.filter(|_| !fields.is_empty()).unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

/// Splits the text into fields. Returns `None` unless it consists of fields in their order, each at most once. A name
/// may contain any text, including separators, so ambiguous text is not split.
fn split_fields(text: &str) -> Option<Vec<(&'static str, &str)>> {
    let mut fields = Vec::new();
    let (mut first, mut rest) = (0, text);
    loop {
        let (at, value) = (first..FIELDS.len()).find_map(|at| Some((at, value_of(rest, FIELDS[at])?)))?;
        let end = FIELDS.iter().filter_map(|field| value.find(&format!("; {field}: "))).min();
        fields.push((FIELDS[at], &value[..end.unwrap_or(value.len())]));
        let Some(end) = end else { return Some(fields) };
        (first, rest) = (at + 1, &value[end + "; ".len()..]);
    }
}

fn value_of<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    text.strip_prefix(field)?.strip_prefix(": ")
}

fn fact(field: &'static str, value: &str) -> Option<(&'static str, String)> {
    (!value.contains(ARROW) && is_valid_value(field, value)).then(|| (field, value.to_owned()))
}

fn change(field: &'static str, value: &str) -> Option<Change> {
    let (before, after) = value.split_once(ARROW).filter(|(_, after)| !after.contains(ARROW))?;
    let is_valid = is_valid_value(field, before) && is_valid_value(field, after);
    is_valid.then(|| Change { field, before: before.to_owned(), after: after.to_owned() })
}

fn is_valid_value(field: &str, value: &str) -> bool {
    match field {
        "role" => matches!(value, "user" | "admin" | "super_admin"),
        "is_active" | "is_restorable" => matches!(value, "true" | "false"),
        "phone" => value.starts_with(['+', '(']),
        "attributes" => value.starts_with('{') && value.ends_with('}'),
        "email" => value.contains('@') && !value.contains([' ', ';']),
        _ => !value.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(field: &'static str, before: &str, after: &str) -> Change {
        Change { field, before: before.into(), after: after.into() }
    }

    #[test]
    fn changes_are_read_field_by_field() {
        let parsed =
            Details::parse("email: a@x.kr → b@x.kr; name: A → Alice Kim; role: user → admin; is_active: true → false");
        let expected = vec![
            change("email", "a@x.kr", "b@x.kr"),
            change("name", "A", "Alice Kim"),
            change("role", "user", "admin"),
            change("is_active", "true", "false"),
        ];
        assert_eq!(parsed, Details::Changes(expected));
        assert_eq!(Details::parse("role: admin → user"), Details::Changes(vec![change("role", "admin", "user")]));
        let parsed = Details::parse("phone: (none) → +12125550100; title: A → (none); attributes: {} → {\"a\":1}");
        let expected = vec![
            change("phone", "(none)", "+12125550100"),
            change("title", "A", "(none)"),
            change("attributes", "{}", "{\"a\":1}"),
        ];
        assert_eq!(parsed, Details::Changes(expected));
    }

    #[test]
    fn names_may_contain_separators() {
        for (before, after) in [("홍길동", "Kim: the one; or two"), ("<script>", "\"><img onerror>"), ("a", "; name")]
        {
            let parsed = Details::parse(&format!("name: {before} → {after}; is_active: false → true"));
            assert_eq!(
                parsed,
                Details::Changes(vec![change("name", before, after), change("is_active", "false", "true")])
            );
        }
    }

    #[test]
    fn the_fields_of_a_created_account_are_read() {
        let expected = vec![("email", "a@x.kr".into()), ("name", "Alice".into()), ("role", "user".into())];
        assert_eq!(Details::parse("email: a@x.kr; name: Alice; role: user"), Details::Facts(expected));
    }

    #[test]
    fn ambiguous_details_stay_text() {
        for text in [
            "",
            "every session ended",
            "a refresh token was used a second time; session 9f86 ended",
            "delivery: password; every session ended",
            "delivery: link; recipient: a@x.kr; every session ended",
            "name: A → B → C",
            "name: A → ",
            "name: ",
            "role: user → king",
            "is_active: yes → no",
            "role: user → admin; email: a@x.kr → b@x.kr",
            // A user registered under a name that looks like further fields.
            "email: a@x.kr; name: x; role: super_admin; role: user",
            "email: a@x.kr; name: x → y; role: user",
            "email: a@x.kr → b@x.kr; name: x",
            "phone: 1 → 2",
            "color: red → blue",
            // A user renamed the account to something that looks like a further change.
            "name: A → \"B; role: user → admin\"",
            "title: (none) → \"x; attributes: {} → {}\"",
            "attributes: {} → {\"a\":\"; role: user → admin\"}",
        ] {
            assert_eq!(Details::parse(text), Details::Text(text.to_owned()));
        }
    }
}
