use super::PersonalFacts;

/// zxcvbn's estimate for a password (Wheeler, USENIX Security 2016).
pub(super) struct Strength {
    pub(super) score: u8,
    pub(super) warning: Option<String>,
    pub(super) suggestions: Vec<String>,
}

/// The product's own name is an obvious password (OWASP ASVS 5.0, 6.2.11).
const PRODUCT: &str = "steward";

/// Limit on the number of facts, above that of any user. It bounds the dictionary that a request can cause.
const MAX_FACTS: usize = 50;

/// Estimates how hard it is for an attacker who knows the user to guess `text`. zxcvbn reads the current year from the
/// system, so the score of a date can change slightly from year to year.
pub(super) fn of(text: &str, facts: &PersonalFacts<'_>) -> Strength {
    let known = facts.words().filter(|word| prefix(word) == *word).take(MAX_FACTS);
    let known: Vec<&str> = std::iter::once(PRODUCT).chain(known).collect();
    let entropy = zxcvbn::zxcvbn(prefix(text), &known);
    let (warning, suggestions) = match entropy.feedback() {
        Some(feedback) => (feedback.warning(), feedback.suggestions()),
        None => (None, [].as_slice()),
    };
    Strength {
        score: entropy.score().into(),
        warning: warning.map(|warning| warning.to_string()),
        suggestions: suggestions.iter().map(ToString::to_string).collect(),
    }
}

/// Number of characters that are scored. A strong password reaches the best score within them.
///
/// zxcvbn tries every substitution of symbols by letters, so 72 bytes of symbols would take half a second. Its 64-bit
/// arithmetic supports 20 parts and overflows with more, because 21! does not fit.
const MAX_SCORED: usize = 20;

fn prefix(text: &str) -> &str {
    text.char_indices().nth(MAX_SCORED).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn score(text: &str) -> u8 {
        of(text, &PersonalFacts::default()).score
    }

    #[test]
    fn slow_or_overflowing_texts_are_scored_by_their_prefix() {
        // A thousand substitutions of symbols; long keyboard walks; many short words.
        for text in ["4@8({[<3691!|70$5+%2".repeat(3), "q2w3e4r5t6y7u8i9o0p".repeat(3), "a i ".repeat(18)] {
            assert!(score(&text) <= 4, "{text}");
            assert_eq!(prefix(&text).len(), 20);
        }
        assert_eq!(prefix(&"길".repeat(1_000)).len(), 60);
        assert_eq!(prefix("correct horse"), "correct horse");
    }

    #[test]
    fn length_alone_is_not_strength() {
        for text in ["a".repeat(72), "abcdefghijklmnopqrstuvwxyz".repeat(2), "password".repeat(9), "가".repeat(24)] {
            assert!(score(&text) < 2, "{text}");
        }
    }

    #[test]
    fn the_product_name_and_personal_facts_score_low() {
        assert!(score("steward4u") < 2);
        let facts = PersonalFacts { user_id: "xkwqpzvj", ..PersonalFacts::default() };
        assert_eq!((score("xkwqpzvj9"), of("xkwqpzvj9", &facts).score), (3, 1));
        assert!(of("9jvzpqwkx", &facts).score < 2, "reversed");
    }

    #[test]
    fn many_or_long_facts_do_not_change_the_score() {
        for name in ["word ".repeat(10_000), "Ab".repeat(10_000)] {
            assert_eq!(of("correct horse", &PersonalFacts { name: &name, ..PersonalFacts::default() }).score, 3);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_scored_without_a_panic(text in ".{0,100}") {
            prop_assert!(score(&text) <= 4);
        }

        #[test]
        fn texts_of_known_patterns_are_scored_without_a_panic(text in "([0-9]{1,8}[-/. ]?|aa|abc|qwe|1q2w|p@\\$\\$|[가-힣]|İ|ß){0,20}") {
            prop_assert!(score(&text) <= 4);
        }
    }
}
