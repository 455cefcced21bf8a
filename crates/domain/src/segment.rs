//! Saved segments: filters of the user list that an administrator keeps under a name.

use crate::values::parse_name;
use crate::{Invalid, Timestamp};

/// A segment's name, as its owner writes it: 1 to 60 characters of any script in NFC, trimmed, with a visible character
/// and no hidden one.
///
/// It stands in addresses, so it holds no slash of either kind, and is neither `.` nor `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentName(String);

impl SegmentName {
    /// Longest name, in characters (Unicode scalar values).
    pub const MAX: usize = 60;

    /// Reads a name; white space around it is dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = parse_name(text, Self::MAX)?;
        if name.contains(['/', '\\']) || matches!(name.as_str(), "." | "..") {
            return Err(Invalid::new("must not hold a slash, nor be . or .."));
        }
        Ok(Self(name))
    }

    /// The name as storage has it. Rules of later versions do not make it unreadable.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in one case, in any script: two names are the same if their keys are.
    pub fn key(&self) -> String {
        // There and back, since some letters have two small forms (σ and ς) or no large one (ß).
        self.0.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
    }
}

/// A query string of the user list, without `?`: at most 1,000 characters. Which parameters there are is not asked here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentQuery(String);

impl SegmentQuery {
    /// Longest query, in characters.
    pub const MAX: usize = 1_000;

    /// Reads a query string, which may be empty.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("must be at most 1000 characters"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Invalid::new("must not hold white space or control characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The query string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Filters and order of the user list under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Unique among its owner's, in any case.
    pub name: SegmentName,
    /// What the list is asked.
    pub query: SegmentQuery,
    /// When a segment of this name was first saved.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub updated_at: Timestamp,
}

impl Segment {
    /// Most segments that an administrator keeps.
    pub const MOST: u32 = 50;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_trimmed_counted_in_characters_and_fit_for_an_address() {
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
    fn names_are_the_same_in_any_case_of_any_script() {
        let key = |name| SegmentName::parse(name).unwrap().key();
        for (one, other) in [("VIPs", "vipS"), ("ÄRZTE", "ärzte"), ("ΟΔΟΣ", "οδος"), ("STRASSE", "straße")] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("vip"), key("vips"));
    }

    #[test]
    fn a_query_has_bounds() {
        assert!(SegmentQuery::parse("").is_ok() && SegmentQuery::parse("role=user&search=a%20b").is_ok());
        assert!(SegmentQuery::parse(&"x".repeat(1_000)).is_ok());
        for query in ["search=a b".to_owned(), "a=\n".to_owned(), "x".repeat(1_001)] {
            assert!(SegmentQuery::parse(&query).is_err(), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_is_accepted_stays_as_it_is_and_has_one_key(text in any::<String>()) {
            if let Ok(name) = SegmentName::parse(&text) {
                prop_assert!((1..=60).contains(&name.as_str().chars().count()));
                prop_assert_eq!(SegmentName::parse(name.as_str()).unwrap().key(), name.key());
            }
        }
    }
}
