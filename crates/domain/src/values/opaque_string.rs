//! The `OpaqueString` profile of PRECIS (RFC 8265, section 4.2): one form of a password for all input methods.

use icu_properties::props::{GeneralCategory, HangulSyllableType, JoiningType, NoncharacterCodePoint, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::text::{category, is_ignorable, is_virama, nfc};

/// Returns the text in NFC with every space replaced by U+0020. Returns `None` for texts that the profile disallows:
/// empty ones, and those with control, unassigned or invisible characters.
pub(super) fn prepare(text: &str) -> Option<String> {
    let is_space = |c| category(c) == GeneralCategory::SpaceSeparator;
    let spaced: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
    let prepared = nfc(&spaced).into_owned();
    let chars: Vec<char> = prepared.chars().collect();
    let is_allowed = !chars.is_empty() && (0..chars.len()).all(|at| allows(&chars, at));
    is_allowed.then_some(prepared)
}

/// Whether the `FreeformClass` allows the character at this position (RFC 8264, section 4.3).
fn allows(text: &[char], at: usize) -> bool {
    let c = text[at];
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    if let Some(fits) = fits_context(text, at) {
        return fits;
    }
    let is_noncharacter = CodePointSetData::new::<NoncharacterCodePoint>().contains(c);
    let is_old_jamo = matches!(
        CodePointMapData::<HangulSyllableType>::new().get(c),
        HangulSyllableType::LeadingJamo | HangulSyllableType::VowelJamo | HangulSyllableType::TrailingJamo
    );
    let is_readable = !matches!(
        category(c),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    is_readable && !(is_ignorable(c) || is_noncharacter || is_old_jamo)
}

/// Applies the contextual rules (RFC 5892, appendix A). Returns `None` for a character that has no rule.
fn fits_context(text: &[char], at: usize) -> Option<bool> {
    let (before, after) = (at.checked_sub(1).map(|at| text[at]), text.get(at + 1).copied());
    let script = |c| CodePointMapData::<Script>::new().get(c);
    Some(match text[at] {
        '\u{200C}' => before.is_some_and(is_virama) || joins_letters(text, at),
        '\u{200D}' => before.is_some_and(is_virama),
        '·' => before == Some('l') && after == Some('l'),
        '\u{375}' => after.is_some_and(|c| script(c) == Script::Greek),
        '\u{5F3}' | '\u{5F4}' => before.is_some_and(|c| script(c) == Script::Hebrew),
        '\u{30FB}' => text.iter().any(|c| matches!(script(*c), Script::Hiragana | Script::Katakana | Script::Han)),
        '\u{660}'..='\u{669}' => !text.iter().any(|c| matches!(c, '\u{6F0}'..='\u{6F9}')),
        '\u{6F0}'..='\u{6F9}' => !text.iter().any(|c| matches!(c, '\u{660}'..='\u{669}')),
        _ => return None,
    })
}

/// Whether the character separates two letters that would otherwise join.
fn joins_letters(text: &[char], at: usize) -> bool {
    let joining = |c: &char| CodePointMapData::<JoiningType>::new().get(*c);
    let is_letter = |kind: &JoiningType| *kind != JoiningType::Transparent;
    let before = text[..at].iter().rev().map(joining).find(is_letter);
    let after = text[at + 1..].iter().map(joining).find(is_letter);
    matches!(before, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(after, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples of RFC 8265, section 4.3, and similar ones.
    #[test]
    fn examples_of_the_profile() {
        for (typed, prepared) in [
            ("correct horse battery staple", Some("correct horse battery staple")),
            ("Correct Horse Battery Staple", Some("Correct Horse Battery Staple")),
            ("πßå", Some("πßå")),
            ("Jack of ♦s", Some("Jack of ♦s")),
            ("foo\u{1680}bar", Some("foo bar")),
            ("foo\u{A0}\u{3000}bar", Some("foo  bar")),
            ("u\u{308}ber", Some("über")),
            ("\u{1112}\u{1169}\u{11BC}", Some("홍")),
            ("ﬁ ＡＢ", Some("ﬁ ＡＢ")),
            ("", None),
            ("my cat is a \u{9}by", None),
            ("a\u{7F}", None),
            ("a\u{85}", None),
            ("a\u{AD}", None),
            ("a\u{202E}", None),
            ("a\u{2028}", None),
            ("a\u{E000}", None),
            ("a\u{FDD0}", None),
            ("a\u{378}", None),
            ("\u{1112}", None),
            ("❤\u{FE0F}", None),
        ] {
            assert_eq!(prepare(typed).as_deref(), prepared, "{typed:?}");
        }
    }

    #[test]
    fn contextual_rules_restrict_characters() {
        for text in
            ["l·l", "\u{375}α", "א\u{5F3}", "カ・", "٣٤", "۳۴", "ن\u{200C}ه", "क\u{94D}\u{200D}ष", "क\u{94D}\u{200C}"]
        {
            assert_eq!(prepare(text).as_deref(), Some(text));
        }
        for text in ["a·b", "\u{375}a", "a\u{5F3}", "a・", "٣۴", "a\u{200C}b", "a\u{200D}b", "\u{200C}", "·"] {
            assert_eq!(prepare(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn preparing_twice_changes_nothing(text in any::<String>()) {
            if let Some(prepared) = prepare(&text) {
                prop_assert_eq!(prepare(&prepared), Some(prepared));
            }
        }
    }
}
