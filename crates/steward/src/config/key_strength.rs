//! Whether a key could be guessed.
//!
//! The estimate is one of a compressor that knows the usual beginnings of bad keys: a part that was there before, in the
//! key or in [`USUAL`], counts as one character, and a character counts as much as the key has different ones.

use std::collections::BTreeSet;

/// The key that the guide prints: it is public.
pub(super) const PUBLISHED_KEY: &str = "your-super-secret-key-change-in-production-min-32-chars";

const SHORTEST: usize = 32;
/// Bits that a key has at least. Random ones of 32 characters have about 100 as decimal digits and 120 as hexadecimal.
const FEWEST_BITS: f64 = 64.0;
/// Characters of a part that counts as one when it was there before. Shorter ones repeat by chance.
const PART: usize = 4;

pub(super) const HOW: &str = "it must be at least 32 random bytes, such as `openssl rand -base64 48` prints";

/// What people write where a key belongs, and walk over on a keyboard.
const USUAL: &str = "0123456789 1234567890 abcdefghijklmnopqrstuvwxyz qwertyuiop[] asdfghjkl;' zxcvbnm,./ password \
                     passw0rd secret key steward production development staging test testing example default admin \
                     administrator change replace super please token signing service application this your letmein \
                     welcome random string minimum characters bytes long";

/// What stands for a key that is still to be made, without what is between its words.
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

/// Why a key must not be used outside development, if so. Never quotes it.
pub(super) fn judge(key: &str) -> Result<(), String> {
    if key == PUBLISHED_KEY {
        return Err(format!("is the published key of the guide; {HOW}"));
    }
    if key.trim().is_empty() {
        return Err(format!("holds nothing but blanks; {HOW}"));
    }
    has_length(key)?;
    let letters: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if PLACEHOLDERS.iter().any(|placeholder| letters.contains(placeholder)) {
        return Err(format!("is a placeholder and no key; {HOW}"));
    }
    if bits(key) < FEWEST_BITS {
        return Err(format!("repeats itself or follows a pattern, and could be guessed; {HOW}"));
    }
    Ok(())
}

/// Why a key is too short, which it must not be in development either.
pub(super) fn has_length(key: &str) -> Result<(), String> {
    if key.len() < SHORTEST { Err(format!("has {} bytes; {HOW}", key.len())) } else { Ok(()) }
}

fn bits(key: &str) -> f64 {
    let different = key.chars().collect::<BTreeSet<_>>().len();
    let each = u32::try_from(different).map_or(f64::MAX, |different| f64::from(different).log2());
    u32::try_from(surprises(key)).map_or(f64::MAX, |surprises| f64::from(surprises) * each)
}

/// How many characters, or parts that were there before, the key consists of.
fn surprises(key: &str) -> usize {
    // Longer ones are long enough.
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
    fn what_is_weak_is_told_why_and_never_shown() {
        for (key, why) in [
            ("short".to_owned(), "has 5 bytes"),
            (PUBLISHED_KEY.to_owned(), "is the published key"),
            (" ".repeat(36), "holds nothing but blanks"),
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
            let what = judge(&key).unwrap_err();
            assert!(what.starts_with(why) && !what.contains(&key), "{key}: {what}");
            assert!(what.contains("openssl rand -base64 48"), "{what}");
        }
    }

    #[test]
    fn ones_own_words_are_a_key() {
        for key in ["a secret that only tests know, 32 bytes and more", "Vier Äpfel fallen nie weit, 7 Birnen schon"] {
            assert_eq!(judge(key), Ok(()), "{key}");
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
                prop_assert_eq!(judge(&key), Ok(()), "{}", key);
            }
        }
    }
}
