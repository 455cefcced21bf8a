use std::fmt;

use super::{Invalid, text};

/// A person's display name: 1 to 100 characters of any script in NFC, trimmed, with at least one visible character and
/// no hidden one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

impl DisplayName {
    /// Maximum length of a name, in characters (Unicode scalar values).
    pub const MAX: usize = 100;

    /// Parses a name and removes the white space around it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text::parse_name(text, Self::MAX).map(Self)
    }

    /// Wraps a name from storage or another service without validation, so that later rules cannot make it unreadable.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name.
impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisplayName({})", self.0)
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_trimmed_and_limited_in_characters() {
        assert_eq!(DisplayName::parse("  홍길동 ").unwrap().as_str(), "홍길동");
        assert!(DisplayName::parse(&"길".repeat(100)).is_ok());
        assert!(DisplayName::parse(&"길".repeat(101)).is_err());
        assert!(DisplayName::parse("   ").is_err());
        assert!(DisplayName::parse("a\nb").is_err());
        assert!(DisplayName::parse("a\u{0}b").is_err());
    }

    #[test]
    fn a_stored_name_is_not_validated() {
        for name in ["nimda\u{202E}gnp.exe", "\u{200B}", "Mu\u{308}ller", ""] {
            assert_eq!(DisplayName::from_stored(name.to_owned()).as_str(), name);
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_unchanged_when_parsed_again(text in any::<String>()) {
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert!((1..=100).contains(&name.as_str().chars().count()));
                prop_assert_eq!(DisplayName::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
