use super::PersonalFacts;

/// What zxcvbn says of a password (Wheeler, USENIX Security 2016).
pub(super) struct Strength {
    pub(super) score: u8,
    pub(super) warning: Option<String>,
    pub(super) suggestions: Vec<String>,
}

/// The product's own name is everybody's first idea (OWASP ASVS 5.0, 6.2.11).
const PRODUCT: &str = "steward";

/// More facts than any user has, so that a form cannot make us build a dictionary of its own.
const MOST_FACTS: usize = 50;

/// Estimates how hard it is to guess `text` for somebody who knows the user. zxcvbn takes the year from the system: by
/// that alone a date is judged a little differently from one year to the next.
pub(super) fn of(text: &str, facts: &PersonalFacts<'_>) -> Strength {
    let known = facts.words().filter(|word| beginning(word) == *word).take(MOST_FACTS);
    let known: Vec<&str> = std::iter::once(PRODUCT).chain(known).collect();
    let entropy = zxcvbn::zxcvbn(beginning(text), &known);
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

/// How many characters are judged: the first ones, by which a good password is long since good.
///
/// It reads every part in every way of taking its signs for letters, so that 72 bytes of signs would take it half a
/// second; and its arithmetic on 64 bits holds for 20 parts (21! does not fit) and overflows beyond.
const MOST_JUDGED: usize = 20;

fn beginning(text: &str) -> &str {
    text.char_indices().nth(MOST_JUDGED).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn score(text: &str) -> u8 {
        of(text, &PersonalFacts::default()).score
    }

    #[test]
    fn what_would_take_long_or_overflow_is_judged_by_its_beginning() {
        // A thousand ways to read its signs as letters; long walks over the keyboard; many short words.
        for text in ["4@8({[<3691!|70$5+%2".repeat(3), "q2w3e4r5t6y7u8i9o0p".repeat(3), "a i ".repeat(18)] {
            assert!(score(&text) <= 4, "{text}");
            assert_eq!(beginning(&text).len(), 20);
        }
        assert_eq!(beginning(&"길".repeat(1_000)).len(), 60);
        assert_eq!(beginning("correct horse"), "correct horse");
    }

    #[test]
    fn length_alone_does_not_make_it_strong() {
        for text in ["a".repeat(72), "abcdefghijklmnopqrstuvwxyz".repeat(2), "password".repeat(9), "가".repeat(24)] {
            assert!(score(&text) < 2, "{text}");
        }
    }

    #[test]
    fn the_product_and_what_is_known_of_the_user_count_for_little() {
        assert!(score("steward4u") < 2);
        let facts = PersonalFacts { user_id: "xkwqpzvj", ..PersonalFacts::default() };
        assert_eq!((score("xkwqpzvj9"), of("xkwqpzvj9", &facts).score), (3, 1));
        assert!(of("9jvzpqwkx", &facts).score < 2, "reversed");
    }

    #[test]
    fn thousands_of_facts_and_endless_ones_do_no_harm() {
        for name in ["word ".repeat(10_000), "Ab".repeat(10_000)] {
            assert_eq!(of("correct horse", &PersonalFacts { name: &name, ..PersonalFacts::default() }).score, 3);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_judged_without_a_panic(text in ".{0,100}") {
            prop_assert!(score(&text) <= 4);
        }

        #[test]
        fn so_is_what_looks_like_its_patterns(text in "([0-9]{1,8}[-/. ]?|aa|abc|qwe|1q2w|p@\\$\\$|[가-힣]|İ|ß){0,20}") {
            prop_assert!(score(&text) <= 4);
        }
    }
}
