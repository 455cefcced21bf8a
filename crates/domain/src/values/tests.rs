//! Parsing a formatted value returns the same value, so no stored value can be refused later.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::{SegmentName, SegmentQuery};

/// Characters to which normalization, case or the rules of this module apply in a special way.
const SPECIAL: &[char] = &[
    'a',
    'Z',
    '@',
    '.',
    '-',
    ' ',
    '"',
    'İ',
    'ı',
    'ß',
    'ẞ',
    'Σ',
    'ς',
    'ﬁ',
    'Ａ',
    'Ⱥ',
    'ǅ',
    'K',
    '\u{1F88}',
    '\u{345}',
    '\u{308}',
    '\u{307}',
    '\u{323}',
    '\u{35B}',
    '\u{340}',
    '\u{374}',
    '\u{37E}',
    '\u{958}',
    '\u{FB2C}',
    '\u{1112}',
    '\u{1169}',
    '\u{11BC}',
    '홍',
    '葛',
    '\u{F900}',
    'क',
    '\u{94D}',
    '\u{93E}',
    'ن',
    'א',
    '🦀',
    '❤',
    '\u{FE0F}',
    '\u{200C}',
    '\u{200D}',
    '\u{200B}',
    '\u{202E}',
    '\u{2066}',
    '\u{AD}',
    '\u{A0}',
    '\u{2000}',
    '\u{3000}',
    '\u{2800}',
    '\u{3164}',
    '\u{FEFF}',
    '\u{85}',
    '\0',
    '\t',
    '\u{E000}',
    '\u{FFFF}',
    '\u{E0041}',
    '。',
    '/',
];

fn special_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![4 => select(SPECIAL), 1 => any::<char>()], 0..40)
        .prop_map(|chars| chars.into_iter().collect())
}

fn address() -> impl Strategy<Value = String> {
    let label =
        proptest::collection::vec(select(SPECIAL), 1..8).prop_map(|chars| chars.into_iter().collect::<String>());
    (label.clone(), label).prop_map(|(local, domain)| format!("{local}@{domain}.example"))
}

/// Whether a value that `read` accepts is unchanged after writing and reading it again.
fn round_trips<T>(text: &str, read: impl Fn(&str) -> Option<T>, write: impl Fn(&T) -> String) -> bool {
    read(text).is_none_or(|value| {
        let written = write(&value);
        read(&written).is_some_and(|again| write(&again) == written)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn values_are_unchanged_by_writing_and_reading(text in prop_oneof![special_text(), address(), any::<String>()]) {
        prop_assert!(round_trips(&text, |t| UserId::parse(t).ok(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| Email::parse(t).ok(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| DisplayName::parse(t).ok(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| SegmentName::parse(t).ok(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| SegmentQuery::parse(t).ok(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| SearchTerm::parse(t).ok().flatten(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| Password::parse(t).ok(), |v| v.expose().to_owned()));
        prop_assert!(round_trips(&text, |t| PasswordAttempt::parse(t).ok(), |v| v.expose().to_owned()));
        prop_assert!(round_trips(&text, |t| Role::parse(t).ok(), |v| v.as_str().to_owned()));
        prop_assert!(round_trips(&text, |t| Order::parse(t).ok(), |v| v.as_str().to_owned()));
    }

    #[test]
    fn equivalent_spellings_are_one_value(text in prop_oneof![special_text(), address()]) {
        let (composed, decomposed) = (text::nfc(&text), text::nfd(&text));
        prop_assert_eq!(DisplayName::parse(&composed), DisplayName::parse(&decomposed));
        prop_assert_eq!(SegmentName::parse(&composed), SegmentName::parse(&decomposed));
        prop_assert_eq!(Email::parse(&composed), Email::parse(&decomposed));
        let forms = [composed, decomposed].map(|text| Password::parse(&text).ok().map(|p| p.expose().to_owned()));
        prop_assert_eq!(&forms[0], &forms[1]);
    }
}

/// Tests each character that case or normalization changes, between letters and before marks. It is part of a name and
/// of both parts of an address. Of the Hangul syllables, which behave alike, only the first are tested.
#[test]
fn no_character_creates_a_value_that_parsing_refuses() {
    for c in ('\0'..=char::MAX).filter(|c| !('\u{AD00}'..'\u{D700}').contains(c)) {
        let alone = c.to_string();
        if text::nfc(&alone) == alone && text::nfd(&alone) == alone && alone.to_lowercase() == alone {
            continue;
        }
        for text in [format!("a{c}b"), format!("{c}\u{301}\u{323}")] {
            assert!(round_trips(&text, |t| DisplayName::parse(t).ok(), |v| v.as_str().to_owned()), "{text:?}");
            assert!(round_trips(&text, |t| Password::parse(t).ok(), |v| v.expose().to_owned()), "{text:?}");
            let address = format!("{text}@{text}.example");
            for address in [format!("{text}@example.org"), format!("a@{text}.example"), address] {
                assert!(round_trips(&address, |t| Email::parse(t).ok(), |v| v.as_str().to_owned()), "{address:?}");
            }
        }
    }
}
