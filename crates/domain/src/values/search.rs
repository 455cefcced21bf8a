use super::Invalid;

/// A piece of text to look for, in any case: 1 to 100 characters, trimmed, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchTerm(String);

impl SearchTerm {
    /// Longest term, in characters.
    pub const MAX: usize = 100;

    /// Reads a term; `None` when nothing but white space is left of it, which asks for no search at all.
    pub fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("must not hold control characters"));
        }
        let text = text.trim();
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("must be at most 100 characters"));
        }
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// The term as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_no_search() {
        assert_eq!(SearchTerm::parse("  ").unwrap(), None);
        assert_eq!(SearchTerm::parse(" john ").unwrap().unwrap().as_str(), "john");
        assert!(SearchTerm::parse(&"x".repeat(101)).is_err());
        assert!(SearchTerm::parse("a\0b").is_err());
    }
}
