//! Which passwords are good enough to be set (NIST SP 800-63B-4 section 3.1.1.2, OWASP ASVS 5.0 section 6.2).
//!
//! - [`PasswordPolicy`]: what is asked of a password, and the judge.
//! - [`PersonalFacts`]: what others know of the user, which no password may contain.
//! - [`breached`]: the list of common and breached passwords that ships with the build.
//! - `strength`: how many guesses a password would withstand, by zxcvbn.
//! - [`PasswordReport`]: the judgement, with every [`Weakness`] in words for a person.
//!
//! It is asked whenever a password is set, never at sign-in, so a stricter policy locks nobody out.

pub mod breached;
mod personal_facts;
mod report;
mod strength;
mod weakness;

pub use personal_facts::PersonalFacts;
pub use report::PasswordReport;
pub use weakness::Weakness;

use crate::{Invalid, Password};

/// What is asked of a password besides the hard limits of [`Password`], which hold whatever is set here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_length: usize,
    min_score: u8,
    check_breached: bool,
}

impl Default for PasswordPolicy {
    /// At least 8 characters, a score of 2, and not in the list.
    fn default() -> Self {
        Self { min_length: Password::MIN, min_score: 2, check_breached: true }
    }
}

impl PasswordPolicy {
    /// The greatest least length: room for a passphrase in a script of three bytes a letter.
    pub const MAX_MIN_LENGTH: usize = Password::MAX_BYTES / 3;

    /// Asks for at least so many characters: 8 to 24.
    pub fn with_min_length(self, min_length: usize) -> Result<Self, Invalid> {
        if !(Password::MIN..=Self::MAX_MIN_LENGTH).contains(&min_length) {
            return Err(Invalid::new(format!("must be from {} to {}", Password::MIN, Self::MAX_MIN_LENGTH)));
        }
        Ok(Self { min_length, ..self })
    }

    /// Asks for at least this zxcvbn score: 0 (everything passes) to 4 (withstands 10^10 guesses).
    pub fn with_min_score(self, min_score: u8) -> Result<Self, Invalid> {
        if min_score > PasswordReport::MAX_SCORE {
            return Err(Invalid::new(format!("must be from 0 to {}", PasswordReport::MAX_SCORE)));
        }
        Ok(Self { min_score, ..self })
    }

    /// Whether common and breached passwords are refused.
    #[must_use]
    pub fn with_breached_check(self, check_breached: bool) -> Self {
        Self { check_breached, ..self }
    }

    /// Least length, in characters.
    pub fn min_length(&self) -> usize {
        self.min_length
    }

    /// Least score, 0 to 4.
    pub fn min_score(&self) -> u8 {
        self.min_score
    }

    /// Whether common and breached passwords are refused.
    pub fn checks_breached(&self) -> bool {
        self.check_breached
    }

    /// Judges what somebody wants as a password; any text may be asked about, and every weakness is told at once.
    ///
    /// It computes for a tenth of a millisecond, at worst for some 50, and 15 more the first time: call it where
    /// passwords are hashed, not on an async thread.
    pub fn check(&self, text: &str, facts: &PersonalFacts<'_>) -> PasswordReport {
        let prepared = Password::prepare(text);
        let has_forbidden = prepared.is_none() && !text.is_empty() && !text.contains('\0');
        let text = prepared.as_deref().unwrap_or(text);
        let mut weaknesses = self.out_of_limits(text);
        if has_forbidden {
            weaknesses.push(Weakness::ForbiddenCharacter);
        }
        weaknesses.extend(facts.found_in(text));
        let strength = strength::of(text, facts);
        let mut score = strength.score;
        if self.check_breached && breached::contains(text) {
            weaknesses.push(Weakness::Breached);
            // Whoever guesses begins with the list, whatever its entries look like.
            score = score.min(1);
        } else if score < self.min_score {
            weaknesses.push(Weakness::Guessable { score, min_score: self.min_score });
        }
        PasswordReport { score, weaknesses, warning: strength.warning, suggestions: strength.suggestions }
    }

    fn out_of_limits(&self, text: &str) -> Vec<Weakness> {
        let mut weaknesses = Vec::new();
        if text.chars().count() < self.min_length {
            weaknesses.push(Weakness::TooShort { min_length: self.min_length });
        }
        if text.len() > Password::MAX_BYTES {
            weaknesses.push(Weakness::TooLong);
        }
        if text.contains('\0') {
            weaknesses.push(Weakness::NullCharacter);
        }
        weaknesses
    }
}

#[cfg(test)]
mod tests;
