use crate::Password;

/// A reason why a password is refused. The texts continue the field's name (`password must …`), and never contain the
/// password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Weakness {
    /// The password has fewer characters than the policy requires.
    #[error("must be at least {min_length} characters")]
    TooShort {
        /// The required number of characters.
        min_length: usize,
    },
    /// The password has more bytes than bcrypt hashes. bcrypt would silently ignore the rest (OWASP ASVS 5.0, 6.2.9).
    #[error("must be at most {} bytes of UTF-8, in which a Korean syllable takes 3", Password::MAX_BYTES)]
    TooLong,
    /// The password contains a null character, at which bcrypt would stop.
    #[error("must not hold a null character")]
    NullCharacter,
    /// The password contains a control, invisible or unassigned character (RFC 8265).
    #[error("must not hold control, invisible or unassigned characters")]
    ForbiddenCharacter,
    /// The password contains the user id.
    #[error("must not contain the user id")]
    ContainsUserId,
    /// The password contains the part of the e-mail address before the @.
    #[error("must not contain the part of the e-mail address before the @")]
    ContainsEmail,
    /// The password contains the name or a word of it.
    #[error("must not contain the name or a part of it")]
    ContainsName,
    /// The password is in the list of [`breached`](super::breached) passwords.
    #[error(
        "must not be among the most common or breached passwords, nor be one of them with a few digits or signs added"
    )]
    Breached,
    /// The password resists too few guesses.
    #[error("must be harder to guess: its strength is {score} of 4, and {min_score} is needed")]
    Guessable {
        /// The zxcvbn score, 0 to 4.
        score: u8,
        /// The score that the policy requires.
        min_score: u8,
    },
}

impl Weakness {
    /// Returns a stable identifier for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong => "too_long",
            Self::NullCharacter => "null_character",
            Self::ForbiddenCharacter => "forbidden_character",
            Self::ContainsUserId => "contains_user_id",
            Self::ContainsEmail => "contains_email",
            Self::ContainsName => "contains_name",
            Self::Breached => "breached",
            Self::Guessable { .. } => "guessable",
        }
    }
}
