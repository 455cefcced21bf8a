//! Rules for texts that one person enters and another reads, based on Unicode properties.
//!
//! - Texts are in Normalization Form C, so that all keyboards produce the same spelling of a name.
//! - A name has at least one visible character. No text contains a character that hides its content: control,
//!   bidirectional control, invisible, unassigned and private-use characters.
//! - U+200C, U+200D and variation selectors are allowed only within words. Persian, the scripts of India, emoji and Han
//!   ideographs need them there.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{
    BidiControl, CanonicalCombiningClass, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup,
    JoinControl, VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::Invalid;

/// Maximum number of combining marks on one character. Hebrew and Tibetan need up to five.
const MARKS: usize = 6;

/// Characters without a visible shape that no property identifies: the empty Braille pattern, the musical null note
/// head and the blank hieroglyphs.
const BLANK: [char; 4] = ['\u{2800}', '\u{1D159}', '\u{13441}', '\u{13442}'];

/// Converts to Normalization Form C, in which canonically equivalent texts are equal.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Converts to Normalization Form D.
pub(super) fn nfd(text: &str) -> Cow<'_, str> {
    DecomposingNormalizerBorrowed::new_nfd().normalize(text)
}

/// Parses a name: one line of 1 to `max` characters in NFC, without the white space around it.
pub(crate) fn parse_name(text: &str, max: usize) -> Result<String, Invalid> {
    let text = nfc(text);
    let name = text.trim();
    check(&text)?;
    if !(1..=max).contains(&name.chars().count()) {
        return Err(Invalid::new(format!("must be 1 to {max} characters")));
    }
    if name.starts_with(is_mark) {
        return Err(Invalid::new("must not begin with a combining mark"));
    }
    if !name.chars().any(is_visible) {
        return Err(Invalid::new("must have a visible character"));
    }
    Ok(name.to_owned())
}

/// Refuses a text with a character that hides its content. Also refuses a text with too many combining marks on one
/// character to be readable.
pub(super) fn check(text: &str) -> Result<(), Invalid> {
    let (mut before, mut marks) = (None, 0);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if let Some(reason) = refusal(c) {
            return Err(Invalid::new(reason));
        }
        if is_joiner(c) || is_selector(c) {
            if !is_in_place(c, before, rest.clone().next()) {
                return Err(Invalid::new(format!("must not hold U+{:04X} outside of a word", u32::from(c))));
            }
        } else if stacks(c) {
            marks += 1;
            if marks > MARKS {
                return Err(Invalid::new(format!("must not hold more than {MARKS} combining marks on a character")));
            }
        } else {
            marks = 0;
        }
        before = Some(c);
    }
    Ok(())
}

/// Whether a variation selector or a joiner is at an allowed position. A selector must follow a part of a word. A
/// joiner must be between two parts, or after a virama, whose shape it also determines at the end of a word (RFC 5892,
/// A.1 and A.2).
fn is_in_place(c: char, before: Option<char>, after: Option<char>) -> bool {
    let is_part = |c: char| is_visible(c) || is_mark(c) && !is_selector(c);
    match (before, after) {
        (Some(before), _) if is_selector(c) => is_part(before),
        (Some(before), _) if is_virama(before) => true,
        (Some(before), Some(after)) => (is_part(before) || is_selector(before)) && is_part(after),
        _ => false,
    }
}

/// Returns the reason if a character is refused at every position.
fn refusal(c: char) -> Option<Cow<'static, str>> {
    if c.is_ascii() && !c.is_ascii_control() {
        return None;
    }
    let point = u32::from(c);
    let reason = match category(c) {
        GeneralCategory::Control => return Some("must not hold control characters".into()),
        GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            format!("must not hold the line break U+{point:04X}")
        }
        GeneralCategory::Unassigned | GeneralCategory::PrivateUse => {
            format!("must not hold U+{point:04X}, which is unassigned or for private use")
        }
        _ if CodePointSetData::new::<BidiControl>().contains(c) => {
            format!("must not hold the bidirectional control U+{point:04X}")
        }
        _ if is_joiner(c) || is_selector(c) => return None,
        category if category == GeneralCategory::Format || is_ignorable(c) => {
            format!("must not hold the invisible character U+{point:04X}")
        }
        _ => return None,
    };
    Some(reason.into())
}

/// Returns the error for the first invisible character of a text, if there is one.
pub(super) fn hidden_character(text: &str) -> Option<Invalid> {
    let hidden = text.chars().find(|c| is_ignorable(*c) || category(*c) == GeneralCategory::Format)?;
    let reason = || format!("must not hold the invisible character U+{:04X}", u32::from(hidden)).into();
    Some(Invalid::new(refusal(hidden).unwrap_or_else(reason)))
}

pub(super) fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

pub(super) fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// U+200C ZERO WIDTH NON-JOINER or U+200D ZERO WIDTH JOINER.
fn is_joiner(c: char) -> bool {
    CodePointSetData::new::<JoinControl>().contains(c)
}

fn is_selector(c: char) -> bool {
    CodePointSetData::new::<VariationSelector>().contains(c)
}

pub(super) fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

/// Whether a character has a visible shape.
fn is_visible(c: char) -> bool {
    let shown = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Symbol);
    shown.contains(category(c)) && !is_ignorable(c) && !BLANK.contains(&c)
}

fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

/// Whether a character combines with the one before it and takes no width.
fn stacks(c: char) -> bool {
    matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse_name(text, 100).expect_err(text).to_string()
    }

    #[test]
    fn a_name_is_composed_and_trimmed() {
        assert_eq!(parse_name("\u{1112}\u{1169}\u{11BC}길동", 100).unwrap(), "홍길동");
        assert_eq!(parse_name("\u{3000}Mu\u{308}ller\u{A0}", 100).unwrap(), "Müller");
        // Compatibility characters are not replaced, because they look different.
        assert_eq!(parse_name("ﬁ Ａ ①", 100).unwrap(), "ﬁ Ａ ①");
    }

    #[test]
    fn the_length_is_that_of_the_composed_form() {
        assert!(parse_name(&"\u{1112}\u{1169}\u{11BC}".repeat(100), 100).is_ok());
        assert_eq!(refused(&"é".repeat(101)), "must be 1 to 100 characters");
        // Composition exclusions become two characters.
        assert_eq!(refused(&"\u{958}".repeat(51)), "must be 1 to 100 characters");
        assert!(parse_name(&"🦀".repeat(100), 100).is_ok());
    }

    #[test]
    fn a_name_without_a_visible_character_is_refused() {
        for point in [
            0x20, 0xA0, 0xAD, 0x34F, 0x115F, 0x1160, 0x1680, 0x17B4, 0x180B, 0x180E, 0x2000, 0x200B, 0x200C, 0x200D,
            0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x2064, 0x206A, 0x2800, 0x3000, 0x3164, 0xFE0E, 0xFE0F, 0xFEFF,
            0xFFA0, 0xFFF9, 0xFFFB, 0x13441, 0x1BCA0, 0x1D159, 0x1D173, 0xE0001, 0xE0041, 0xE0100, 0xE01EF, 0x301,
            0x20DD, 0x93E,
        ] {
            let c = char::from_u32(point).unwrap();
            for text in [c.to_string(), format!("{c}{c}{c}"), format!("\u{2800}{c} "), format!("\u{3000}{c}\u{A0}")] {
                assert!(parse_name(&text, 100).is_err(), "U+{point:04X} {text:?}");
            }
        }
    }

    #[test]
    fn the_error_names_the_hidden_character() {
        for point in [0x61C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069] {
            let c = char::from_u32(point).unwrap();
            assert_eq!(
                refused(&format!("nimda{c}gnp.exe")),
                format!("must not hold the bidirectional control U+{point:04X}")
            );
        }
        assert_eq!(refused("a\u{200B}b"), "must not hold the invisible character U+200B");
        assert_eq!(refused("a\u{AD}b"), "must not hold the invisible character U+00AD");
        assert_eq!(refused("홍\u{3164}"), "must not hold the invisible character U+3164");
        assert_eq!(refused("a\u{E0041}"), "must not hold the invisible character U+E0041");
        assert_eq!(refused("a\u{2028}b"), "must not hold the line break U+2028");
        for c in ['\u{E000}', '\u{FFFE}', '\u{10FFFF}', '\u{378}', '\u{FDD0}'] {
            let reason = format!("must not hold U+{:04X}, which is unassigned or for private use", u32::from(c));
            assert_eq!(refused(&format!("a{c}")), reason);
        }
        assert_eq!(refused("a\u{0}b"), "must not hold control characters");
        assert_eq!(refused("a\u{85}b"), "must not hold control characters");
    }

    #[test]
    fn joiners_and_selectors_are_allowed_only_within_words() {
        for name in [
            "علی\u{200C}رضا",
            "क\u{94D}\u{200D}ष",
            "ക\u{D4D}\u{200D}",
            "👨\u{200D}👩\u{200D}👧",
            "❤\u{FE0F}\u{200D}🔥",
            "🏳\u{FE0F}\u{200D}🌈",
            "葛\u{E0100}城",
            "1\u{FE0F}\u{20E3}",
        ] {
            assert_eq!(parse_name(name, 100).unwrap(), name);
        }
        assert_eq!(refused("a\u{200D}"), "must not hold U+200D outside of a word");
        for text in ["\u{200C}a", "a \u{200D}b", "a\u{200C} b", "a\u{200D}\u{200D}b", "\u{FE0F}a", "a\u{FE0F}\u{FE0F}"]
        {
            assert!(refused(text).ends_with("outside of a word"), "{text:?}");
        }
    }

    #[test]
    fn combining_marks_are_limited_and_follow_a_character() {
        for name in ["שָׁלוֹם", "Nguyễn Thị Ánh", "مُحَمَّد", "རྐྱེན", "ก็", "संपर्क", "i\u{307}"]
        {
            assert!(parse_name(name, 100).is_ok(), "{name}");
        }
        assert!(parse_name(&format!("Z{}", "\u{35B}".repeat(6)), 100).is_ok());
        for zalgo in [
            format!("Z{}", "\u{35B}".repeat(7)),
            format!("Z{}", "\u{35B}\u{325}".repeat(40)),
            "Z\u{20DD}".to_owned() + &"\u{20DD}".repeat(6),
        ] {
            assert_eq!(refused(&zalgo), "must not hold more than 6 combining marks on a character");
        }
        assert_eq!(refused("\u{301}a"), "must not begin with a combining mark");
    }
}
