use std::fmt;

use super::{Invalid, text};

/// The id that a user signs in with: 3 to 100 of `A-Z a-z 0-9 . _ -`, beginning with a letter or a digit.
///
/// The spelling is preserved. Two ids that differ only in case are equal: equality, order and hash follow
/// [`UserId::key`].
///
/// ```
/// use steward_domain::UserId;
///
/// let id = UserId::parse("John.Doe")?;
/// assert_eq!((id.as_str(), id.key()), ("John.Doe", "john.doe"));
/// assert!(UserId::parse("jo").is_err() && UserId::parse("john doe").is_err());
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Clone)]
pub struct UserId {
    text: String,
    key: String,
}

impl UserId {
    /// Maximum length of an id, in characters (all ASCII).
    pub const MAX: usize = 100;
    /// Minimum length of an id, in characters.
    pub const MIN: usize = 3;

    /// Parses an id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if !(Self::MIN..=Self::MAX).contains(&text.chars().count()) {
            return Err(Invalid::new("must be 3 to 100 characters"));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
            let reason = || Invalid::new("may hold only A-Z, a-z, 0-9, '.', '_' and '-'");
            return Err(text::hidden_character(text).unwrap_or_else(reason));
        }
        if !text.as_bytes()[0].is_ascii_alphanumeric() {
            return Err(Invalid::new("must begin with a letter or a digit"));
        }
        Ok(Self { key: text.to_ascii_lowercase(), text: text.to_owned() })
    }

    /// Returns the id with its original spelling.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the id in lower case, for uniqueness and look-ups.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The id with its original spelling.
impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.text
    }
}

impl PartialEq for UserId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for UserId {}

impl std::hash::Hash for UserId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({})", self.text)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_that_differ_only_in_case_are_equal() {
        assert_eq!(UserId::parse("Alice").unwrap(), UserId::parse("aLICE").unwrap());
        assert_eq!(UserId::parse("Alice").unwrap().as_str(), "Alice");
    }

    #[test]
    fn errors_state_the_reason() {
        for (text, reason) in [
            ("ab", "must be 3 to 100 characters"),
            ("", "must be 3 to 100 characters"),
            ("a b c", "may hold only A-Z, a-z, 0-9, '.', '_' and '-'"),
            ("홍길동", "may hold only A-Z, a-z, 0-9, '.', '_' and '-'"),
            ("abc\0", "may hold only A-Z, a-z, 0-9, '.', '_' and '-'"),
            ("nimda\u{202E}gnp.exe", "must not hold the bidirectional control U+202E"),
            ("\u{61C}alice", "must not hold the bidirectional control U+061C"),
            ("ali\u{200D}ce", "must not hold the invisible character U+200D"),
            ("ali\u{3164}ce", "must not hold the invisible character U+3164"),
            (".abc", "must begin with a letter or a digit"),
        ] {
            assert_eq!(UserId::parse(text).unwrap_err().to_string(), reason, "{text:?}");
        }
        assert!(UserId::parse(&"a".repeat(100)).is_ok());
        assert!(UserId::parse(&"a".repeat(101)).is_err());
    }

    proptest! {
        #[test]
        fn every_documented_id_is_accepted(text in "[A-Za-z0-9][A-Za-z0-9._-]{2,99}") {
            let id = UserId::parse(&text).unwrap();
            prop_assert_eq!(id.as_str(), &text);
            prop_assert_eq!(id.key(), &text.to_ascii_lowercase());
        }

        #[test]
        fn other_texts_are_refused_without_panic(text in any::<String>()) {
            if let Ok(id) = UserId::parse(&text) {
                prop_assert!(id.as_str().is_ascii() && (3..=100).contains(&text.len()));
                prop_assert!(text.as_bytes()[0].is_ascii_alphanumeric());
            }
        }
    }
}
