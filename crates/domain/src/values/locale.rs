use std::fmt;

use unic_langid::LanguageIdentifier;

use super::Invalid;

/// A language, with an optional script and region, as a BCP 47 tag (RFC 5646), such as `en`, `ko-KR` or `zh-Hant-TW`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale(LanguageIdentifier);

impl Locale {
    /// Maximum length of a tag, in characters.
    pub const MAX: usize = 35;

    /// Parses a tag in any case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be a BCP 47 language tag, such as `en` or `ko-KR`");
        if text.len() > Self::MAX || text.contains('_') {
            return Err(invalid());
        }
        let tag: LanguageIdentifier = text.parse().map_err(|_| invalid())?;
        // The parser reads the tag of an unknown language from an empty text.
        if tag.language.is_empty() { Err(invalid()) } else { Ok(Self(tag)) }
    }

    /// Returns the language without script and region, in lower case.
    pub fn language(&self) -> &str {
        self.0.language.as_str()
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_stored_in_its_canonical_case() {
        for (text, canonical) in [("en", "en"), ("KO-kr", "ko-KR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")]
        {
            assert_eq!(Locale::parse(text).unwrap().to_string(), canonical);
        }
        assert_eq!(Locale::parse("ko-KR").unwrap().language(), "ko");
    }

    #[test]
    fn other_texts_are_rejected() {
        let long = format!("en-{}", "variants-".repeat(5));
        for text in ["", "e", "und", "en_US", "-en", "en-", "english language", "en\r\nBcc: x", "en-ü", &long] {
            assert!(Locale::parse(text).is_err(), "{text}");
        }
    }
}
