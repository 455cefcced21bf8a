//! The form in which texts are compared by a search.

use unicase::UniCase;

use super::text::{nfc, nfd};

/// Folds a text for searching. Two texts that a reader takes for the same have the same folded form:
///
/// - Canonical caseless matching (Unicode 3.13, D145): `Müller` is the same composed and decomposed, and in any case;
///   the folding is full, so ß is ss and both small sigmas are one.
/// - Latin and Greek letters lose their accents. Latin letters that Unicode does not decompose are written as their
///   plain relatives: ø is o, ł is l, đ and ð are d, ħ is h, ŧ is t, ı is i, æ is ae, œ is oe, þ is th. Marks of other
///   scripts stay, where they make another letter (й, が).
/// - What has no width and no shape of its own (Unicode's default ignorables, such as a soft hyphen) is left out.
///
/// The result is in NFC. A part of a text is thus a part in whole letters: 기 is no part of 길. The function is
/// idempotent. PostgreSQL has the same function, `search_fold`, in migration `0013_spellings`: a change here needs a
/// migration that changes it there.
pub fn search_fold(text: &str) -> String {
    // Of most texts each character has but one form, its case apart.
    if text.chars().all(|c| c.is_ascii() || matches!(c, '→' | '가'..='힣')) {
        return text.to_ascii_lowercase();
    }
    let visible: String = text.chars().filter(|c| !is_ignorable(*c)).collect();
    let decomposed = nfd(&visible);
    let caseless = UniCase::unicode(decomposed).to_folded_case();
    let mut plain = String::with_capacity(caseless.len());
    let mut is_after_base = false;
    for c in nfd(&caseless).chars() {
        if is_after_base && is_accent(c) {
            continue;
        }
        is_after_base = is_base(c);
        push_plain(&mut plain, c);
    }
    nfc(&plain).into_owned()
}

/// Latin and Greek letters.
fn is_base(c: char) -> bool {
    matches!(c,
        'a'..='z' | '\u{df}'..='\u{2af}' | '\u{370}'..='\u{3ff}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab64}')
}

/// The blocks of combining diacritical marks.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}')
}

/// Unicode's property `Default_Ignorable_Code_Point`, as a table: migration `0013_spellings` has the same one, and a
/// newer Unicode must not change one side alone.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_plain(text: &mut String, c: char) {
    match c {
        'æ' => text.push_str("ae"),
        'œ' => text.push_str("oe"),
        'þ' => text.push_str("th"),
        'ø' => text.push('o'),
        'ł' => text.push('l'),
        'đ' | 'ð' => text.push('d'),
        'ħ' => text.push('h'),
        'ŧ' => text.push('t'),
        'ı' => text.push('i'),
        // Cherokee folds to capitals. Databases know its small letters only, and one form is as good as the other.
        c => text.extend(c.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_reader_takes_for_the_same_is_the_same() {
        for same in [
            &["홍길동", "\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}\u{1103}\u{1169}\u{11bc}"][..],
            &["Müller", "Mu\u{308}ller", "MÜLLER", "muller", "Mu\u{ad}ller"],
            &["Straße", "STRASSE", "STRAẞE", "strasse"],
            &["Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ", "οδυσσευς", "ΟΔΥΣΣΕΥΣ"],
            &["ᾳ", "ΑΙ", "αι"],
            &["İstanbul", "ISTANBUL", "istanbul", "ıstanbul", "I\u{307}stanbul"],
            &["Søren Łukasz Đorđe", "SOREN LUKASZ DORDE"],
            &["Ærøskøbing", "aeroskobing", "ǼRØSKØBING"],
            &["Nguyễn Thị Hồng", "nguyen thi hong"],
            &["Жук", "жУК"],
            &["ﬃ", "FFI"],
            &["Ꭰ", "ꭰ"],
            &["می\u{200c}خواهم", "میخواهم"],
            &["Å", "\u{212b}", "a"],
            &["\u{1f44d}\u{fe0f}", "\u{1f44d}"],
        ] {
            for text in same {
                assert_eq!(search_fold(text), search_fold(same[0]), "{text:?}");
            }
        }
    }

    #[test]
    fn what_a_reader_tells_apart_is_not_the_same() {
        for (one, other) in [("й", "и"), ("が", "か"), ("길", "기"), ("ö", "oe"), ("σ", "s"), ("1", "１"), ("≠", "=")]
        {
            assert_ne!(search_fold(one), search_fold(other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let folded = search_fold(&text);
            prop_assert_eq!(search_fold(&folded), folded);
        }

        #[test]
        fn every_form_of_a_text_folds_alike(text in any::<String>()) {
            let composed = nfc(&text).into_owned();
            let decomposed = nfd(&text).into_owned();
            for form in [composed, decomposed, UniCase::unicode(&text).to_folded_case()] {
                prop_assert_eq!(search_fold(&form), search_fold(&text), "{:?}", form);
            }
        }
    }

    #[test]
    fn every_character_folds_for_good() {
        // No character of the planes beyond has case or an accent.
        for c in (0..0x0002_0000).filter_map(char::from_u32) {
            let folded = search_fold(&c.to_string());
            assert_eq!(search_fold(&folded), folded, "U+{:04X}", u32::from(c));
        }
    }
}
