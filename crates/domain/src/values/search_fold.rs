//! The form in which a search compares texts.

use unicase::UniCase;

use super::text::{nfc, nfd};

/// Folds a text for searching. Texts that a reader considers equal have the same folded form:
///
/// - Canonical caseless matching (Unicode 3.13, D145): `Müller` has one form, composed or decomposed and in any case.
///   The folding is full: ß becomes ss, and both lower-case sigmas become one.
/// - Latin and Greek letters lose their accents. Latin letters that Unicode does not decompose become plain letters: ø
///   becomes o, ł l, đ and ð d, ħ h, ŧ t, ı i, æ ae, œ oe, þ th. Marks of other scripts remain where they form another
///   letter (й, が).
/// - Characters without width and shape are removed (Unicode's default ignorables, such as a soft hyphen).
///
/// The result is in NFC. Therefore substrings consist of whole letters: 기 is not part of 길. The function is idempotent.
/// PostgreSQL has the same function, `search_fold`, in migration `0013_spellings`. A change here needs a migration that
/// changes it there.
///
/// ```
/// use steward_domain::search_fold;
///
/// assert_eq!(search_fold("Mu\u{308}ller"), search_fold("MÜLLER"));
/// assert_eq!(search_fold("Straße"), "strasse");
/// ```
pub fn search_fold(text: &str) -> String {
    // In these ranges, case is the only difference between forms of a character.
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

/// Whether the character is a Latin or Greek letter.
fn is_base(c: char) -> bool {
    matches!(c,
        'a'..='z' | '\u{df}'..='\u{2af}' | '\u{370}'..='\u{3ff}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab64}')
}

/// Whether the character is in a block of combining diacritical marks.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}')
}

/// Unicode's property `Default_Ignorable_Code_Point`, as a table. Migration `0013_spellings` contains the same table,
/// so that a newer Unicode version cannot change only one of them.
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
        // Cherokee folds to capital letters. Databases only have the lower-case mapping, so both sides use that.
        c => text.extend(c.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_a_reader_considers_equal_are_equal() {
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
    fn texts_that_a_reader_distinguishes_differ() {
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
            // Case folding needs the decomposed form first (D145): it turns the mark U+0345 into a letter.
            let folded = UniCase::unicode(&decomposed).to_folded_case();
            for form in [composed, decomposed, folded] {
                prop_assert_eq!(search_fold(&form), search_fold(&text), "{:?}", form);
            }
        }
    }

    #[test]
    fn folding_each_character_is_idempotent() {
        // Characters of the planes above have neither case nor accents.
        for c in (0..0x0002_0000).filter_map(char::from_u32) {
            let folded = search_fold(&c.to_string());
            assert_eq!(search_fold(&folded), folded, "U+{:04X}", u32::from(c));
        }
    }
}
