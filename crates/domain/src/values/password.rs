use secrecy::{ExposeSecret, SecretString};

use super::{Invalid, opaque_string};

/// bcrypt uses the first 72 bytes and silently ignores the rest. Longer passwords are refused (OWASP ASVS 5.0, 6.2.9).
const MAX_BYTES: usize = 72;

/// A new password: 8 characters to 72 bytes, in the form of RFC 8265's `OpaqueString` profile.
///
/// ```
/// use steward_domain::Password;
///
/// let password = Password::parse("four\u{a0}common words")?;
/// assert_eq!(password.expose(), "four common words", "every kind of space is one");
/// assert!(!format!("{password:?}").contains("common"));
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// Minimum length of a password, in characters.
    pub const MIN: usize = 8;
    /// Maximum length of a password, in bytes of UTF-8.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// Parses a password. Every kind of space becomes U+0020 and the text is converted to NFC, so that all keyboards
    /// produce the same password. Nothing is trimmed. Both limits apply to the converted text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        check_basics(text)?;
        let Some(prepared) = Self::prepare(text).map(SecretString::from) else {
            return Err(Invalid::new("must not hold control, invisible or unassigned characters"));
        };
        if !fits(prepared.expose_secret()) {
            return Err(Invalid::new("must be at most 72 bytes"));
        }
        if prepared.expose_secret().chars().count() < Self::MIN {
            return Err(Invalid::new("must be at least 8 characters"));
        }
        Ok(Self(prepared))
    }

    /// Converts a text to the form in which passwords are hashed. Returns `None` if it contains a forbidden character.
    pub(crate) fn prepare(text: &str) -> Option<String> {
        opaque_string::prepare(text)
    }

    /// Returns the plain password, for the hasher.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password to verify. It accepts every text that a stored hash may have been created from.
///
/// Earlier versions hashed the text as entered. Therefore an attempt has up to two forms. Their number depends only on
/// the entered text.
#[derive(Debug, Clone)]
pub struct PasswordAttempt {
    /// The converted form, or the entered text if that cannot be converted.
    main: SecretString,
    /// The entered text, if it differs from the converted form.
    typed: Option<SecretString>,
}

impl PasswordAttempt {
    /// Parses an attempt: 1 to 72 bytes in either form, without a null byte, at which bcrypt would stop.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        check_basics(text)?;
        let prepared = Password::prepare(text).filter(|prepared| fits(prepared)).map(SecretString::from);
        let typed = fits(text).then(|| SecretString::from(text));
        match (prepared, typed) {
            (Some(main), typed) => {
                let typed = typed.filter(|typed| typed.expose_secret() != main.expose_secret());
                Ok(Self { main, typed })
            }
            (None, Some(main)) => Ok(Self { main, typed: None }),
            (None, None) => Err(Invalid::new("must be at most 72 bytes")),
        }
    }

    /// Returns the plain converted form, for the hasher. New hashes are created from it.
    pub fn expose(&self) -> &str {
        self.main.expose_secret()
    }

    /// Returns the plain entered text, if an earlier version may have hashed that instead.
    pub fn expose_typed(&self) -> Option<&str> {
        self.typed.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// Refuses a text that cannot be a password in any form.
fn check_basics(text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("must not be empty"));
    }
    if text.contains('\0') {
        return Err(Invalid::new("must not hold a null character"));
    }
    Ok(())
}

fn fits(text: &str) -> bool {
    text.len() <= MAX_BYTES
}

impl From<Password> for PasswordAttempt {
    fn from(password: Password) -> Self {
        Self { main: password.0, typed: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_minimum_is_in_characters_and_the_maximum_in_bytes() {
        assert!(Password::parse("1234567").is_err());
        assert!(Password::parse("비밀번호여덟글자").is_ok(), "8 characters, 24 bytes");
        assert!(Password::parse(&"a".repeat(72)).is_ok());
        assert!(Password::parse(&"a".repeat(73)).is_err());
        assert!(Password::parse(&"길".repeat(25)).is_err(), "75 bytes");
        assert!(Password::parse("12345678\0").is_err());
    }

    #[test]
    fn an_attempt_may_be_short() {
        assert!(PasswordAttempt::parse("test123").is_ok());
        assert!(PasswordAttempt::parse("").is_err());
        assert!(PasswordAttempt::parse(&"a".repeat(65_536)).is_err());
    }

    #[test]
    fn all_input_methods_produce_the_same_password() {
        let password = Password::parse("Zwölf\u{3000}Boxkämpfer").unwrap();
        assert_eq!(password.expose(), "Zwölf Boxkämpfer");
        assert_eq!(Password::parse("Zwo\u{308}lf\u{A0}Boxka\u{308}mpfer").unwrap().expose(), password.expose());
        assert_ne!(Password::parse("zwölf Boxkämpfer").unwrap().expose(), password.expose());
        for text in ["12345678\t", "1234567\u{200B}", "1234567\u{202E}", "1234567\u{E000}"] {
            let reason = Password::parse(text).unwrap_err().to_string();
            assert_eq!(reason, "must not hold control, invisible or unassigned characters", "{text:?}");
        }
    }

    #[test]
    fn limits_apply_to_the_converted_form() {
        let decomposed = "\u{1112}\u{1169}\u{11BC}";
        assert!(Password::parse(&decomposed.repeat(24)).is_ok(), "72 bytes as 24 syllables");
        assert!(Password::parse(&decomposed.repeat(25)).is_err());
        assert!(Password::parse(&decomposed.repeat(7)).is_err(), "7 characters in NFC");
    }

    #[test]
    fn an_attempt_includes_the_form_of_earlier_hashes() {
        let forms = |text| {
            let attempt = PasswordAttempt::parse(text).unwrap();
            (attempt.expose().to_owned(), attempt.expose_typed().map(str::to_owned))
        };
        assert_eq!(forms("plain"), ("plain".to_owned(), None));
        assert_eq!(forms("u\u{308}"), ("ü".to_owned(), Some("u\u{308}".to_owned())));
        assert_eq!(forms("a\tb"), ("a\tb".to_owned(), None));
        let long = "\u{1112}\u{1169}\u{11BC}".repeat(24);
        assert_eq!(forms(&long), ("홍".repeat(24), None), "earlier versions did not hash 216 bytes");
        let growing = "\u{958}".repeat(13);
        assert_eq!(forms(&growing), (growing.clone(), None), "78 bytes in NFC");
        assert!(PasswordAttempt::parse(&"\u{958}".repeat(25)).is_err());
    }

    proptest! {
        #[test]
        fn debug_output_hides_the_password(text in "[a-z0-9]{12,40}") {
            let password = Password::parse(&text).unwrap();
            let shown = format!("{password:?}");
            prop_assert!(!shown.contains(&text));
            prop_assert_eq!(password.expose(), &text);
        }
    }
}
