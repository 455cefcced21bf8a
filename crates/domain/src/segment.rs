//! Saved segments: named filters of the user list.

use crate::values::parse_name;
use crate::{Invalid, Timestamp};

/// A segment's name: 1 to 60 characters of any script in NFC, trimmed, with at least one visible character and no
/// hidden one.
///
/// The name is part of URLs, so it contains no slash or backslash and is neither `.` nor `..`.
///
/// ```
/// use steward_domain::SegmentName;
///
/// let name = SegmentName::parse(" Dormant admins ")?;
/// assert_eq!(name.as_str(), "Dormant admins");
/// assert_eq!(name.key(), SegmentName::parse("DORMANT ADMINS")?.key());
/// assert!(SegmentName::parse("a/b").is_err());
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentName(String);

impl SegmentName {
    /// Maximum length of a name, in characters (Unicode scalar values).
    pub const MAX: usize = 60;

    /// Parses a name and removes the white space around it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = parse_name(text, Self::MAX)?;
        if name.contains(['/', '\\']) || matches!(name.as_str(), "." | "..") {
            return Err(Invalid::new("must not hold a slash, nor be . or .."));
        }
        Ok(Self(name))
    }

    /// Wraps a stored name without validation, so that later rules cannot make it unreadable.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// Returns the name as the owner spelled it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the case-folded name, for any script. Two names are equal if their keys are.
    pub fn key(&self) -> String {
        // To upper case and back, because some letters have two lower-case forms (σ and ς) or no upper-case one (ß).
        self.0.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
    }
}

/// A query string of the user list, without `?`: at most 1,000 characters. Its parameters are not validated here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentQuery(String);

impl SegmentQuery {
    /// Maximum length of a query, in characters.
    pub const MAX: usize = 1_000;

    /// Parses a query string, which may be empty.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("must be at most 1000 characters"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Invalid::new("must not hold white space or control characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the query string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A named filter and sort order of the user list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The name, unique among the owner's segments in any case.
    pub name: SegmentName,
    /// The query of the user list.
    pub query: SegmentQuery,
    /// When the segment was created.
    pub created_at: Timestamp,
    /// When the segment was last saved.
    pub updated_at: Timestamp,
}

impl Segment {
    /// Maximum number of segments per administrator.
    pub const MOST: u32 = 50;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_trimmed_limited_in_characters_and_safe_in_urls() {
        assert_eq!(SegmentName::parse("  휴면 계정 ").unwrap().as_str(), "휴면 계정");
        assert!(SegmentName::parse(&"길".repeat(60)).is_ok());
        for name in ["", "   ", "a\nb", "a\u{0}", "a/b", "a\\b", ".", " .. ", &"길".repeat(61)] {
            assert!(SegmentName::parse(name).is_err(), "{name:?}");
        }
        assert_eq!(SegmentName::parse("A\u{308}rzte").unwrap().as_str(), "Ärzte");
        assert!(SegmentName::parse("\u{200B}").is_err());
        for name in ["...", "a.b", "100 % + & = ? #", "O'Neill; --"] {
            assert!(SegmentName::parse(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn names_are_equal_in_any_case_of_any_script() {
        let key = |name| SegmentName::parse(name).unwrap().key();
        for (one, other) in [("VIPs", "vipS"), ("ÄRZTE", "ärzte"), ("ΟΔΟΣ", "οδος"), ("STRASSE", "straße")] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("vip"), key("vips"));
    }

    #[test]
    fn a_query_has_limits() {
        assert!(SegmentQuery::parse("").is_ok() && SegmentQuery::parse("role=user&search=a%20b").is_ok());
        assert!(SegmentQuery::parse(&"x".repeat(1_000)).is_ok());
        for query in ["search=a b".to_owned(), "a=\n".to_owned(), "x".repeat(1_001)] {
            assert!(SegmentQuery::parse(&query).is_err(), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_unchanged_when_parsed_again(text in any::<String>()) {
            if let Ok(name) = SegmentName::parse(&text) {
                prop_assert!((1..=60).contains(&name.as_str().chars().count()));
                prop_assert_eq!(SegmentName::parse(name.as_str()).unwrap().key(), name.key());
            }
        }
    }
}
