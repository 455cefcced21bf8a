use std::fmt;
use std::hash::{Hash, Hasher};

use super::domain_name::with_unicode_labels;
use super::text::nfc;
use super::{Invalid, search_fold};

/// Words to look for: 1 to 100 characters in NFC, trimmed, without control characters. The A-labels of domain names are
/// read as the U-labels that addresses are stored with.
///
/// Terms are equal if they find the same: case, accents and the order of the words do not count (see [`search_fold`]).
#[derive(Clone)]
pub struct SearchTerm {
    text: String,
    words: Vec<String>,
}

impl SearchTerm {
    /// Longest term, in characters (Unicode scalar values of its NFC).
    pub const MAX: usize = 100;

    /// Reads a term; `None` when nothing but white space and invisible characters is left of it, which asks for no
    /// search at all.
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

    /// The term as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The folded words, in order, each once. None is empty or holds white space; there is at least one.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether each word is part of one of these texts: what a search finds, and every adapter must agree with.
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

/// What it looks for, which is all that cursors and remembered pages tell terms apart by.
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
    fn white_space_is_no_search() {
        for nothing in ["", "  ", "\u{200b}", "\u{ad} \u{3164}\u{3000}\u{202e}", "\u{fe0f}"] {
            assert_eq!(SearchTerm::parse(nothing).unwrap(), None, "{nothing:?}");
        }
        assert_eq!(term(" john ").as_str(), "john");
        assert!(SearchTerm::parse("a\0b").is_err());
    }

    #[test]
    fn its_length_is_counted_in_characters_of_nfc() {
        for (character, most) in [("x", 100), ("u\u{308}", 100), ("길", 100), ("\u{1f980}", 100), ("\u{ad}", 100)] {
            assert!(SearchTerm::parse(&character.repeat(most)).is_ok(), "{character:?}");
            assert!(SearchTerm::parse(&character.repeat(most + 1)).is_err(), "{character:?}");
        }
    }

    #[test]
    fn terms_that_find_the_same_are_equal() {
        let (one, other) = (term("Dupont  MARIE"), term("marie dupont marie"));
        assert_eq!(one, other);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_eq!(one.as_str(), "Dupont  MARIE");
        assert_ne!(term("marie"), one);
        assert_eq!(term("Mu\u{308}ller").as_str(), "Müller");
    }

    #[test]
    fn each_word_is_part_of_any_text_in_any_order() {
        let texts = ["mdupont", "m.dupont@example.com", "Marie-Élise Dupont"];
        for found in ["dupont marie", "ELISE m.du", "é", "t@", "Marie-Élise Dupont", "on on on"] {
            assert!(term(found).matches(texts), "{found}");
        }
        for missed in ["dupont paul", "mariedupont", "comMarie", "dupont m.dupond"] {
            assert!(!term(missed).matches(texts), "{missed}");
        }
    }
}
