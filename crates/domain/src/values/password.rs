use secrecy::{ExposeSecret, SecretString};

use super::Invalid;

/// bcrypt hashes 72 bytes and would silently ignore the rest, so longer ones are refused (OWASP ASVS 5.0, 6.2.9).
const MAX_BYTES: usize = 72;

/// A password that may be set: 8 characters to 72 bytes.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// Shortest password, in characters.
    pub const MIN: usize = 8;
    /// Longest password, in bytes of UTF-8.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// Reads a password. It is taken as it is: nothing is trimmed or normalised.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let attempt = PasswordAttempt::parse(text)?;
        if text.chars().count() < Self::MIN {
            return Err(Invalid::new("must be at least 8 characters"));
        }
        Ok(Self(attempt.0))
    }

    /// The password in the clear, for the hasher.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password that somebody claims is theirs: anything a hash could have been made of.
#[derive(Debug, Clone)]
pub struct PasswordAttempt(SecretString);

impl PasswordAttempt {
    /// Reads an attempt: 1 to 72 bytes without a null byte, at which bcrypt would stop reading.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new("must not be empty"));
        }
        if text.len() > MAX_BYTES {
            return Err(Invalid::new("must be at most 72 bytes"));
        }
        if text.contains('\0') {
            return Err(Invalid::new("must not hold a null character"));
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The attempt in the clear, for the hasher.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<Password> for PasswordAttempt {
    fn from(password: Password) -> Self {
        Self(password.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_characters_below_and_bytes_above() {
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

    proptest! {
        #[test]
        fn debug_never_shows_it(text in "[a-z0-9]{12,40}") {
            let password = Password::parse(&text).unwrap();
            let shown = format!("{password:?}");
            prop_assert!(!shown.contains(&text));
            prop_assert_eq!(password.expose(), &text);
        }
    }
}
