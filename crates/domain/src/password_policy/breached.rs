//! The most common and breached passwords, as a list that ships with the build.
//!
//! `breached.bin` holds the [`fingerprint`]s of its entries in ascending order, one after the other; `breached.md` says
//! where they come from and how to make it anew. A password that is not among them is taken for one of them in less
//! than one of a million cases.

use sha2::{Digest, Sha256};

/// The first 40 bits of a SHA-256: enough that two passwords hardly ever have the same.
pub type Fingerprint = [u8; 5];

/// How many digits and signs at its end do not make a common password another one.
const DECORATION: usize = 3;

static LIST: &[u8] = include_bytes!("breached.bin");

/// What an entry is kept as. Case does not count, as it hardly does for those who guess.
pub fn fingerprint(password: &str) -> Fingerprint {
    let digest = Sha256::digest(password.to_lowercase());
    std::array::from_fn(|n| digest[n])
}

/// Whether this is one of them, be it with up to three digits or signs added at its end.
pub fn contains(password: &str) -> bool {
    without_decoration(password).any(|text| fingerprints().binary_search(&fingerprint(text)).is_ok())
}

/// How many there are.
pub fn len() -> usize {
    fingerprints().len()
}

fn fingerprints() -> &'static [Fingerprint] {
    LIST.as_chunks().0
}

/// The password, and what is left of it after each of the last characters that are no letters.
fn without_decoration(password: &str) -> impl Iterator<Item = &str> {
    let ends = password.char_indices().rev().take(DECORATION);
    std::iter::once(password).chain(ends.take_while(|(_, c)| !c.is_alphabetic()).map(|(at, _)| &password[..at]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_list_is_in_order_and_whole() {
        assert!(fingerprints().is_sorted_by(|a, b| a < b));
        assert_eq!(LIST.len(), len() * size_of::<Fingerprint>());
        assert!(len() > 50_000, "{}", len());
        assert!(LIST.len() < 300_000, "{} bytes in every binary", LIST.len());
    }

    #[test]
    fn the_most_infamous_are_in_it() {
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
    fn case_and_a_few_digits_or_signs_at_the_end_hide_nothing() {
        for password in ["PassWord", "SUNSHINE", "sunshine!", "Sunshine_12", "iloveyou777", "dragon#7%"] {
            assert!(contains(password), "{password}");
        }
        for password in ["sunshine?7531", "sunshine-abc", "+sunshine", "", "!!!"] {
            assert!(!contains(password), "{password}");
        }
    }

    #[test]
    fn strong_ones_are_not_in_it() {
        for password in
            ["correct horse battery staple", "8x!Kd0#vQz2m", "나는 오늘 학교에 간다", "purple-tandem-9-quartz"]
        {
            assert!(!contains(password), "{password}");
        }
    }

    #[test]
    fn a_password_is_taken_for_one_of_them_in_less_than_one_of_10_000_cases() {
        // Like random passwords, and always the same: 16 digits of each number's hash.
        let random = |n: u32| base16ct::lower::encode_string(&Sha256::digest(n.to_be_bytes())[..8]);
        let mistaken = (0..30_000).filter(|n| contains(&random(*n))).count();
        // At 40 bits none is expected; at 24 it would be hundreds.
        assert_eq!(mistaken, 0);
    }

    #[test]
    fn a_fingerprint_is_what_sha256sum_prints() {
        // printf %s password | sha256sum
        assert_eq!(fingerprint("Password"), [0x5e, 0x88, 0x48, 0x98, 0xda]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_about(text in ".{0,100}") {
            prop_assert_eq!(contains(&text), contains(&text.to_lowercase()));
        }
    }
}
