//! Estimates whether a key can be guessed.
//!
//! The estimate works like a compressor with a dictionary of common words. A part that occurred before, in the key or
//! in [`USUAL`], counts as one character. A character counts as log2 of the number of different characters.

use std::collections::BTreeSet;

/// The key that the guide prints. It is public.
pub(super) const PUBLISHED_KEY: &str = "your-super-secret-key-change-in-production-min-32-chars";

const SHORTEST: usize = 32;
/// Fewest bits of a key. Random keys of 32 characters have about 100 as decimal digits and 120 as hexadecimal ones.
const FEWEST_BITS: f64 = 64.0;
/// Shortest repeated part that counts as one character. Shorter parts repeat by chance.
const PART: usize = 4;

pub(super) const HINT: &str = "it must be at least 32 random bytes, such as `openssl rand -base64 48` prints";

/// Words that are common in weak keys, and rows of a keyboard.
const USUAL: &str = "0123456789 1234567890 abcdefghijklmnopqrstuvwxyz qwertyuiop[] asdfghjkl;' zxcvbnm,./ password \
                     passw0rd secret key steward production development staging test testing example default admin \
                     administrator change replace super please token signing service application this your letmein \
                     welcome random string minimum characters bytes long";

/// Placeholders for a key, without the separators between their words.
const PLACEHOLDERS: [&str; 12] = [
    "changeme",
    "changethis",
    "changeinproduction",
    "replaceme",
    "replacethis",
    "placeholder",
    "yoursecret",
    "yoursuper",
    "supersecret",
    "secretkeyhere",
    "insecure",
    "notsecure",
];

/// Checks that a key is strong enough outside development. The error never quotes the key.
pub(super) fn check_strength(key: &str) -> Result<(), String> {
    if key == PUBLISHED_KEY {
        return Err(format!("is the published key of the guide; {HINT}"));
    }
    if key.trim().is_empty() {
        return Err(format!("contains only white space; {HINT}"));
    }
    check_length(key)?;
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if PLACEHOLDERS.iter().any(|placeholder| letters.contains(placeholder)) {
        return Err(format!("is a placeholder, not a key; {HINT}"));
    }
    if bits(key) < FEWEST_BITS {
        return Err(format!("repeats itself or follows a pattern, so that it can be guessed; {HINT}"));
    }
    Ok(())
}

/// Checks that a key is long enough, which it must be in development, too.
pub(super) fn check_length(key: &str) -> Result<(), String> {
    if key.len() < SHORTEST { Err(format!("has {} bytes; {HINT}", key.len())) } else { Ok(()) }
}

fn bits(key: &str) -> f64 {
    let different = key.chars().collect::<BTreeSet<_>>().len();
    let each = u32::try_from(different).map_or(f64::MAX, |different| f64::from(different).log2());
    u32::try_from(count_parts(key)).map_or(f64::MAX, |parts| f64::from(parts) * each)
}

/// The number of characters and repeated parts that the key consists of.
fn count_parts(key: &str) -> usize {
    // Longer keys are strong enough.
    const LONGEST: usize = 512;
    let usual: Vec<char> = USUAL.chars().collect();
    let key: Vec<char> = key.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()).collect();
    let backwards = usual.iter().rev().copied();
    let mut known: Vec<char> = usual.iter().copied().chain(backwards).collect();
    let begin = known.len();
    known.extend(&key);
    let (mut at, mut count) = (begin, 0);
    while at < known.len() {
        let before = |from: usize| known[from..].iter().zip(&known[at..]).take_while(|(a, b)| a == b).count();
        let longest = (0..at).map(before).max().unwrap_or(0);
        at += if longest >= PART { longest } else { 1 };
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_weak_key_is_rejected_with_the_reason_and_not_shown() {
        for (key, why) in [
            ("short".to_owned(), "has 5 bytes"),
            (PUBLISHED_KEY.to_owned(), "is the published key"),
            (" ".repeat(36), "contains only white space"),
            ("a".repeat(36), "repeats itself"),
            ("changeme".repeat(5), "is a placeholder"),
            ("CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME".to_owned(), "is a placeholder"),
            ("your_secret_key_that_is_quite_a_bit_longer".to_owned(), "is a placeholder"),
            ("0123456789".repeat(4), "repeats itself"),
            ("0123456789abcdef0123456789abcdef".to_owned(), "repeats itself"),
            ("0123456789abcdefghijklmnopqrstuvwxyz".to_owned(), "repeats itself"),
            ("ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210".to_owned(), "repeats itself"),
            ("qwertyuiopasdfghjklzxcvbnm1234567890".to_owned(), "repeats itself"),
            ("passwordpasswordpasswordpassword".to_owned(), "repeats itself"),
            ("admin-secret-password-test-key-1234567890".to_owned(), "repeats itself"),
            ("hunter2-".repeat(8), "repeats itself"),
            ("abab".repeat(20), "repeats itself"),
            ("비밀번호".repeat(10), "repeats itself"),
        ] {
            let what = check_strength(&key).unwrap_err();
            assert!(what.starts_with(why) && !what.contains(&key), "{key}: {what}");
            assert!(what.contains("openssl rand -base64 48"), "{what}");
        }
    }

    #[test]
    fn a_sentence_of_uncommon_words_is_a_key() {
        for key in ["a secret that only tests know, 32 bytes and more", "Vier Äpfel fallen nie weit, 7 Birnen schon"] {
            assert_eq!(check_strength(key), Ok(()), "{key}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn random_keys_of_every_form_pass(bytes in any::<[u8; 32]>()) {
            let [high, low] = [0, 16].map(|at| u128::from_be_bytes(bytes[at..at + 16].try_into().unwrap()));
            let hex = format!("{high:032x}{low:032x}");
            let uuid = |hex: &str| [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-");
            for key in [
                STANDARD.encode(bytes),
                URL_SAFE_NO_PAD.encode(bytes),
                URL_SAFE_NO_PAD.encode(&bytes[..24]),
                hex.to_uppercase(),
                hex[..32].to_owned(),
                uuid(&hex),
                uuid(&hex) + &uuid(&hex[32..]),
                bytes.iter().map(|byte| char::from(b'0' + byte % 10)).collect(),
            ] {
                prop_assert_eq!(check_strength(&key), Ok(()), "{}", key);
            }
        }
    }
}
