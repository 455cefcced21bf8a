use super::Weakness;
use crate::Invalid;

/// How good a password is, in words that help to find a better one. Nothing in it quotes the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordReport {
    /// zxcvbn's score: 0 (withstands fewer than 10^3 guesses), 1 (10^6), 2 (10^8), 3 (10^10) or 4. At most 1 for a
    /// password in the list of breached ones.
    pub score: u8,
    /// Everything for which the policy refuses it.
    pub weaknesses: Vec<Weakness>,
    /// What makes it easy to guess, as a sentence; there may be one on an acceptable password, too.
    pub warning: Option<String>,
    /// How to make it harder to guess, a sentence each.
    pub suggestions: Vec<String>,
}

impl PasswordReport {
    /// The best score.
    pub const MAX_SCORE: u8 = 4;

    /// Whether the policy takes the password.
    pub fn is_acceptable(&self) -> bool {
        self.weaknesses.is_empty()
    }

    /// The report as a verdict. A refusal tells every weakness in one text, and advice if it is too easy to guess.
    pub fn into_result(self) -> Result<(), Invalid> {
        if self.is_acceptable() {
            return Ok(());
        }
        let weaknesses: Vec<String> = self.weaknesses.iter().map(Weakness::to_string).collect();
        let mut text = weaknesses.join("; ");
        if self.weaknesses.iter().any(|weakness| matches!(weakness, Weakness::Guessable { .. })) {
            for sentence in self.warning.iter().chain(&self.suggestions) {
                text.push_str(if text.ends_with('.') { " " } else { ". " });
                text.push_str(sentence);
            }
        }
        Err(Invalid::new(text))
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
    fn a_refusal_tells_every_weakness_and_advises_on_guessable_ones() {
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
    fn advice_alone_is_no_refusal() {
        assert_eq!(report(Vec::new()).into_result(), Ok(()));
    }
}
