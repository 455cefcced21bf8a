//! The built-in list of common and breached passwords.
//!
//! `breached.bin` contains the [`fingerprint`]s of its entries, concatenated in ascending order. `breached.md`
//! describes the sources and how to rebuild the file. A password that is not in the list is refused by mistake in less
//! than one of a million cases.

use sha2::{Digest, Sha256};

/// The first 40 bits of a SHA-256. Two passwords hardly ever have the same fingerprint.
pub type Fingerprint = [u8; 5];

/// Maximum number of digits and symbols at the end of a password that the look-up ignores.
const MAX_SUFFIX: usize = 3;

static LIST: &[u8] = include_bytes!("breached.bin");

/// Computes the fingerprint of a password. It ignores case, because attackers try every case.
pub fn fingerprint(password: &str) -> Fingerprint {
    let digest = Sha256::digest(password.to_lowercase());
    std::array::from_fn(|n| digest[n])
}

/// Whether the list contains this password, with or without up to three digits or symbols at its end.
pub fn contains(password: &str) -> bool {
    without_suffixes(password).any(|text| fingerprints().binary_search(&fingerprint(text)).is_ok())
}

/// Returns the number of entries.
pub fn len() -> usize {
    fingerprints().len()
}

fn fingerprints() -> &'static [Fingerprint] {
    LIST.as_chunks().0
}

/// Returns the password, and the password without each of its last characters that are not letters.
fn without_suffixes(password: &str) -> impl Iterator<Item = &str> {
    let ends = password.char_indices().rev().take(MAX_SUFFIX);
    std::iter::once(password).chain(ends.take_while(|(_, c)| !c.is_alphabetic()).map(|(at, _)| &password[..at]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_list_is_sorted_and_complete() {
        assert!(fingerprints().is_sorted_by(|a, b| a < b));
        assert_eq!(LIST.len(), len() * size_of::<Fingerprint>());
        assert!(len() > 50_000, "{}", len());
        assert!(LIST.len() < 300_000, "{} bytes in every binary", LIST.len());
    }

    #[test]
    fn the_list_contains_the_most_common_passwords() {
        for password in [
            "123456",
            "123456789",
            "12345678",
            "password",
            "qwerty123",
            "1q2w3e4r",
            "iloveyou",
            "password1",
            "qwertyuiop",
            "sunshine",
            "password123",
            "letmein",
            "trustno1",
            "princess",
            "dragon",
            "qlalfqjsgh",
            "dkssudgktpdy",
        ] {
            assert!(contains(password), "{password}");
        }
    }

    #[test]
    fn case_and_a_few_trailing_digits_or_symbols_are_ignored() {
        for password in ["PassWord", "SUNSHINE", "sunshine!", "Sunshine_12", "iloveyou777", "dragon#7%"] {
            assert!(contains(password), "{password}");
        }
        for password in ["sunshine?7531", "sunshine-abc", "+sunshine", "", "!!!"] {
            assert!(!contains(password), "{password}");
        }
    }

    #[test]
    fn the_list_contains_no_strong_passwords() {
        for password in
            ["correct horse battery staple", "8x!Kd0#vQz2m", "나는 오늘 학교에 간다", "purple-tandem-9-quartz"]
        {
            assert!(!contains(password), "{password}");
        }
    }

    #[test]
    fn false_positives_are_rarer_than_one_in_10_000() {
        // Reproducible random passwords: 16 hexadecimal digits of the hash of each number.
        let random = |n: u32| base16ct::lower::encode_string(&Sha256::digest(n.to_be_bytes())[..8]);
        let mistaken = (0..30_000).filter(|n| contains(&random(*n))).count();
        // 40 bits give none; 24 bits would give hundreds.
        assert_eq!(mistaken, 0);
    }

    #[test]
    fn a_fingerprint_is_the_beginning_of_the_sha256_digest() {
        // printf %s password | sha256sum
        assert_eq!(fingerprint("Password"), [0x5e, 0x88, 0x48, 0x98, 0xda]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_checked_in_any_case(text in ".{0,100}") {
            prop_assert_eq!(contains(&text), contains(&text.to_lowercase()));
        }
    }
}
