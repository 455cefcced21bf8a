use std::fmt;

use super::Invalid;

/// A person's name as they write it: 1 to 100 characters of any script, trimmed, without control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

impl DisplayName {
    /// Longest name, in characters (Unicode scalar values).
    pub const MAX: usize = 100;

    /// Reads a name; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("must not hold control characters"));
        }
        let text = text.trim();
        if !(1..=Self::MAX).contains(&text.chars().count()) {
            return Err(Invalid::new("must be 1 to 100 characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
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
    fn is_trimmed_and_counted_in_characters() {
        assert_eq!(DisplayName::parse("  홍길동 ").unwrap().as_str(), "홍길동");
        assert!(DisplayName::parse(&"길".repeat(100)).is_ok());
        assert!(DisplayName::parse(&"길".repeat(101)).is_err());
        assert!(DisplayName::parse("   ").is_err());
        assert!(DisplayName::parse("a\nb").is_err());
        assert!(DisplayName::parse("a\u{0}b").is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_stays_as_it_is(text in any::<String>()) {
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert!((1..=100).contains(&name.as_str().chars().count()));
                prop_assert_eq!(DisplayName::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
