use crate::Password;

/// What is wrong with a password. The texts name what would be right, read on from the field's name
/// (`password must …`), and never quote the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Weakness {
    /// Fewer characters than the policy asks for.
    #[error("must be at least {min_length} characters")]
    TooShort {
        /// Characters that are asked for.
        min_length: usize,
    },
    /// More bytes than bcrypt hashes; it would silently ignore the rest (OWASP ASVS 5.0, 6.2.9).
    #[error("must be at most {} bytes of UTF-8, in which a Korean syllable takes 3", Password::MAX_BYTES)]
    TooLong,
    /// bcrypt would stop reading there.
    #[error("must not hold a null character")]
    NullCharacter,
    /// No password may hold that: a control, or a character that cannot be seen or is unassigned (RFC 8265).
    #[error("must not hold control, invisible or unassigned characters")]
    ForbiddenCharacter,
    /// The user id stands in it.
    #[error("must not contain the user id")]
    ContainsUserId,
    /// What stands before the @ of the e-mail address stands in it.
    #[error("must not contain the part of the e-mail address before the @")]
    ContainsEmail,
    /// The name, or a word of it, stands in it.
    #[error("must not contain the name or a part of it")]
    ContainsName,
    /// It is in the list of [`breached`](super::breached) passwords.
    #[error(
        "must not be among the most common or breached passwords, nor be one of them with a few digits or signs added"
    )]
    Breached,
    /// It withstands too few guesses.
    #[error("must be harder to guess: its strength is {score} of 4, and {min_score} is needed")]
    Guessable {
        /// Its zxcvbn score, 0 to 4.
        score: u8,
        /// The score that the policy asks for.
        min_score: u8,
    },
}

impl Weakness {
    /// A name for programs, which never changes.
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
