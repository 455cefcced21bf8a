//! What an entry says it changed. The domain writes it as words: `name: A → B; role: user → admin` for a change,
//! `email: x; name: y` for an account that was made or removed, or a sentence.

/// Fields of an account, in the order in which they are written.
const FIELDS: [&str; 4] = ["email", "name", "role", "is_active"];
const ARROW: &str = " → ";

/// What an entry says it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) enum Details {
    Changes(Vec<Change>),
    /// Fields with what they are, or were when the account was removed.
    Facts(Vec<(&'static str, String)>),
    /// Anything else, as it is.
    Text(String),
}

/// A field: what it was before, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Change {
    pub(in crate::pages) field: &'static str,
    pub(in crate::pages) before: String,
    pub(in crate::pages) after: String,
}

impl Details {
    pub(in crate::pages) fn parse(text: &str) -> Self {
        let fields = fields(text).unwrap_or_default();
        let facts = || fields.iter().map(|(field, value)| fact(field, value)).collect::<Option<_>>();
        let changes = || fields.iter().map(|(field, value)| change(field, value)).collect::<Option<_>>();
        let read = facts().map(Self::Facts).or_else(|| changes().map(Self::Changes));
        read.filter(|_| !fields.is_empty()).unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

/// The fields, if the text is nothing but fields in their order, each once. A name can hold anything, the marks between
/// fields too: where that could be read in two ways, it is not read at all.
fn fields(text: &str) -> Option<Vec<(&'static str, &str)>> {
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
    (!value.contains(ARROW) && can_be(field, value)).then(|| (field, value.to_owned()))
}

fn change(field: &'static str, value: &str) -> Option<Change> {
    let (before, after) = value.split_once(ARROW).filter(|(_, after)| !after.contains(ARROW))?;
    let fits = can_be(field, before) && can_be(field, after);
    fits.then(|| Change { field, before: before.to_owned(), after: after.to_owned() })
}

fn can_be(field: &str, value: &str) -> bool {
    match field {
        "role" => matches!(value, "user" | "admin" | "super_admin"),
        "is_active" => matches!(value, "true" | "false"),
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
    }

    #[test]
    fn names_may_hold_nearly_anything() {
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
    fn what_an_account_was_made_with_is_read_too() {
        let expected = vec![("email", "a@x.kr".into()), ("name", "Alice".into()), ("role", "user".into())];
        assert_eq!(Details::parse("email: a@x.kr; name: Alice; role: user"), Details::Facts(expected));
    }

    #[test]
    fn what_cannot_be_read_for_sure_stays_as_it_is() {
        for text in [
            "",
            "every session ended",
            "a refresh token was used a second time; session 9f86 ended",
            "a new password that must be changed; every session ended",
            "name: A → B → C",
            "name: A → ",
            "name: ",
            "role: user → king",
            "is_active: yes → no",
            "role: user → admin; email: a@x.kr → b@x.kr",
            // Somebody registered under a name that pretends to be more fields.
            "email: a@x.kr; name: x; role: super_admin; role: user",
            "email: a@x.kr; name: x → y; role: user",
            "email: a@x.kr → b@x.kr; name: x",
            "phone: 1 → 2",
        ] {
            assert_eq!(Details::parse(text), Details::Text(text.to_owned()));
        }
    }
}
