use std::fmt;

use super::{Invalid, text};

/// A short text of a profile, such as a job title: one line of 1 to 100 characters, by the rules of a
/// [`DisplayName`](super::DisplayName).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProfileText(String);

impl ProfileText {
    /// Maximum length of a text, in characters (Unicode scalar values).
    pub const MAX: usize = 100;

    /// Parses a text and removes the white space around it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text::parse_name(text, Self::MAX).map(Self)
    }

    /// Wraps a text from storage or another service without validation, so that later rules cannot make it unreadable.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProfileText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProfileText({})", self.0)
    }
}

impl fmt::Display for ProfileText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_visible_line() {
        assert_eq!(ProfileText::parse("  경영지원팀 ").unwrap().as_str(), "경영지원팀");
        for text in ["", " ", "a\nb", "a\u{202E}b", &"x".repeat(101)] {
            assert!(ProfileText::parse(text).is_err(), "{text:?}");
        }
    }
}
