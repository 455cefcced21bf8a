use super::Weakness;

/// The strength of a password, with advice for a better one. It never contains the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordReport {
    /// zxcvbn's score: 0 (resists fewer than 10^3 guesses), 1 (10^6), 2 (10^8), 3 (10^10) or 4. At most 1 for a
    /// breached password.
    pub score: u8,
    /// The reasons why the policy refuses the password.
    pub weaknesses: Vec<Weakness>,
    /// A sentence that explains why the password is easy to guess. An acceptable password may have one, too.
    pub warning: Option<String>,
    /// Sentences with advice for a stronger password.
    pub suggestions: Vec<String>,
}

/// A password that the policy refuses. The text continues the field's name (`password must …`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct WeakPassword {
    /// The reasons of the policy; at least one.
    pub weaknesses: Vec<Weakness>,
    /// The same in words, with advice if the password is too easy to guess.
    pub reason: String,
}

impl PasswordReport {
    /// The best score.
    pub const MAX_SCORE: u8 = 4;

    /// Whether the policy accepts the password.
    pub fn is_acceptable(&self) -> bool {
        self.weaknesses.is_empty()
    }

    /// Converts the report to a result.
    pub fn into_result(self) -> Result<(), WeakPassword> {
        if self.is_acceptable() {
            return Ok(());
        }
        let weaknesses: Vec<String> = self.weaknesses.iter().map(Weakness::to_string).collect();
        let mut reason = weaknesses.join("; ");
        if self.weaknesses.iter().any(|weakness| matches!(weakness, Weakness::Guessable { .. })) {
            for sentence in self.warning.iter().chain(&self.suggestions) {
                reason.push_str(if reason.ends_with('.') { " " } else { ". " });
                reason.push_str(sentence);
            }
        }
        Err(WeakPassword { weaknesses: self.weaknesses, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(weaknesses: Vec<Weakness>) -> PasswordReport {
        let warning = Some("Dates are often easy to guess.".to_owned());
        PasswordReport { score: 1, weaknesses, warning, suggestions: vec!["Add another word or two.".to_owned()] }
    }

    #[test]
    fn an_error_lists_every_weakness_and_gives_advice_on_guessable_passwords() {
        let refusal =
            report(vec![Weakness::ContainsName, Weakness::Guessable { score: 1, min_score: 2 }]).into_result();
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "must not contain the name or a part of it; must be harder to guess: its strength is 1 of 4, and 2 is \
             needed. Dates are often easy to guess. Add another word or two."
        );
        let refusal = report(vec![Weakness::TooShort { min_length: 10 }]).into_result();
        assert_eq!(refusal.unwrap_err().to_string(), "must be at least 10 characters");
    }

    #[test]
    fn advice_alone_is_not_an_error() {
        assert_eq!(report(Vec::new()).into_result(), Ok(()));
    }
}
