use std::fmt;

use super::Invalid;

/// A phone number in international form (ITU-T E.164): `+`, the country code and the subscriber number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Minimum number of digits. The shortest numbers in use have a country code of three digits and four more.
    pub const MIN_DIGITS: usize = 7;
    /// Maximum number of digits.
    pub const MAX_DIGITS: usize = 15;

    /// Parses a number, and removes the spaces, hyphens and dots that group its digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be a phone number with its country code, such as +821012345678");
        let digits = text.trim().strip_prefix('+').ok_or_else(invalid)?.replace([' ', '-', '.'], "");
        let has_length = (Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits.len());
        // No country code begins with 0.
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if has_length && is_number { Ok(Self(format!("+{digits}"))) } else { Err(invalid()) }
    }

    /// Wraps a number from storage or another service without validation, so that later rules cannot make it
    /// unreadable.
    pub fn from_stored(number: String) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.0)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn grouping_is_removed() {
        for (text, number) in [
            ("+821012345678", "+821012345678"),
            (" +82 10-1234-5678 ", "+821012345678"),
            ("+1 212.555.0100", "+12125550100"),
            ("+2902345", "+2902345"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), number);
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            "+",
            "010-1234-5678",
            "+010 1234 5678",
            "+123456",
            "+1234567890123456",
            "++821012345678",
            "+44 (0)20 7946 0000",
            "+82 10 1234 567x",
            "+８２１０１２３４５６７８",
            "tel:+821012345678",
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_number_is_unchanged_when_parsed_again(text in r"\+?[0-9 .-]{0,20}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert!((8..=16).contains(&number.as_str().len()));
                prop_assert_eq!(PhoneNumber::parse(number.as_str()).unwrap(), number);
            }
        }
    }
}
