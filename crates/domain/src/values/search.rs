use std::fmt;
use std::hash::{Hash, Hasher};

use super::domain_name::with_unicode_labels;
use super::text::nfc;
use super::{Invalid, search_fold};

/// A search term: 1 to 100 characters in NFC, trimmed, without control characters. The A-labels of domain names are
/// converted to U-labels, the form in which addresses are stored.
///
/// Terms are equal if they have the same matches: case, accents and the order of words do not matter (see
/// [`search_fold`]).
///
/// ```
/// use steward_domain::SearchTerm;
///
/// let term = SearchTerm::parse("KIM jorg")?.unwrap();
/// assert!(term.matches(["kim@example.com", "Jörg"]));
/// assert!(!term.matches(["kim@example.com", "John"]), "every word must occur");
/// assert_eq!(SearchTerm::parse("  ")?, None);
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Clone)]
pub struct SearchTerm {
    text: String,
    words: Vec<String>,
}

impl SearchTerm {
    /// Maximum length of a term, in characters (Unicode scalar values in NFC).
    pub const MAX: usize = 100;

    /// Parses a term. Returns `None` for a text of white space and invisible characters only, which means no search.
    pub fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("must not hold control characters"));
        }
        let text = nfc(&with_unicode_labels(text.trim())).into_owned();
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("must be at most 100 characters"));
        }
        let mut words: Vec<String> = text.split_whitespace().map(search_fold).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words.dedup();
        Ok((!words.is_empty()).then_some(Self { text, words }))
    }

    /// Returns the term with its original spelling.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the folded words, sorted and without duplicates. There is at least one; none is empty or contains white
    /// space.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether each word occurs in one of these texts. All adapters must implement the same match.
    pub fn matches<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let texts: Vec<String> = texts.into_iter().map(search_fold).collect();
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

impl PartialEq for SearchTerm {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

impl Eq for SearchTerm {}

impl Hash for SearchTerm {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words.hash(state);
    }
}

/// Prints the folded words, which identify the term in cursors and cached pages.
impl fmt::Debug for SearchTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SearchTerm").field(&self.words.join(" ")).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str) -> SearchTerm {
        SearchTerm::parse(text).unwrap().unwrap()
    }

    #[test]
    fn white_space_is_not_a_search() {
        for nothing in ["", "  ", "\u{200b}", "\u{ad} \u{3164}\u{3000}\u{202e}", "\u{fe0f}"] {
            assert_eq!(SearchTerm::parse(nothing).unwrap(), None, "{nothing:?}");
        }
        assert_eq!(term(" john ").as_str(), "john");
        assert!(SearchTerm::parse("a\0b").is_err());
    }

    #[test]
    fn the_length_is_limited_in_characters_of_nfc() {
        for (character, most) in [("x", 100), ("u\u{308}", 100), ("길", 100), ("\u{1f980}", 100), ("\u{ad}", 100)] {
            assert!(SearchTerm::parse(&character.repeat(most)).is_ok(), "{character:?}");
            assert!(SearchTerm::parse(&character.repeat(most + 1)).is_err(), "{character:?}");
        }
    }

    #[test]
    fn terms_with_the_same_matches_are_equal() {
        let (one, other) = (term("Dupont  MARIE"), term("marie dupont marie"));
        assert_eq!(one, other);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_eq!(one.as_str(), "Dupont  MARIE");
        assert_ne!(term("marie"), one);
        assert_eq!(term("Mu\u{308}ller").as_str(), "Müller");
    }

    #[test]
    fn each_word_matches_any_text_in_any_order() {
        let texts = ["mdupont", "m.dupont@example.com", "Marie-Élise Dupont"];
        for found in ["dupont marie", "ELISE m.du", "é", "t@", "Marie-Élise Dupont", "on on on"] {
            assert!(term(found).matches(texts), "{found}");
        }
        for missed in ["dupont paul", "mariedupont", "comMarie", "dupont m.dupond"] {
            assert!(!term(missed).matches(texts), "{missed}");
        }
    }
}
