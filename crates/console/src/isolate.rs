//! Isolation of user-supplied text in titles, attributes and messages, where markup cannot separate its direction from
//! that of the surrounding text. In the text of a page, `<bdi>` does.

use std::borrow::Cow;

use icu_properties::props::{BidiClass, BidiControl};
use icu_properties::{CodePointMapData, CodePointSetData};

/// U+2068 FIRST STRONG ISOLATE and U+2069 POP DIRECTIONAL ISOLATE.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// Isolates the text if it has a letter or number of a right-to-left script. Removes bidirectional controls, since one
/// could end the isolate: names of earlier versions may contain them.
pub(crate) fn isolated(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let is_control = |c: char| CodePointSetData::new::<BidiControl>().contains(c);
    let is_from_right = |c: char| {
        let class = CodePointMapData::<BidiClass>::new().get(c);
        matches!(class, BidiClass::RightToLeft | BidiClass::ArabicLetter | BidiClass::ArabicNumber)
    };
    let text = if text.contains(is_control) { Cow::Owned(text.replace(is_control, "")) } else { Cow::Borrowed(text) };
    if text.contains(is_from_right) { Cow::Owned(format!("{}{text}{}", ISOLATE.0, ISOLATE.1)) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_to_left_text_is_isolated_and_other_text_is_unchanged() {
        for text in ["", "Alice", "Müller", "홍길동", "👨\u{200D}👩", "क\u{94D}\u{200D}ष"] {
            assert_eq!(isolated(text), text);
        }
        assert_eq!(isolated("علی\u{200C}رضا"), "\u{2068}علی\u{200C}رضا\u{2069}");
        assert_eq!(isolated("שלום!"), "\u{2068}שלום!\u{2069}");
        assert_eq!(isolated("nimda\u{202E}gnp.exe"), "nimdagnp.exe");
        assert_eq!(isolated("א\u{2069}\u{202E}b"), "\u{2068}אb\u{2069}");
    }
}
