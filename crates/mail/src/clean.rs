//! Values from users, made safe for one line of text. Markup is escaped by the templates.

use icu_properties::props::{BidiClass, BidiControl};
use icu_properties::{CodePointMapData, CodePointSetData};

/// U+2068 FIRST STRONG ISOLATE and U+2069 POP DIRECTIONAL ISOLATE.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// Removes control characters and bidirectional controls, replaces each run of white space by one space, and cuts the
/// text to `max` characters.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut is_space_pending = false;
    for c in text.chars() {
        if c.is_whitespace() {
            is_space_pending = length > 0;
        } else if !is_forbidden(c) {
            if length + usize::from(is_space_pending) >= max {
                line.push('…');
                break;
            }
            if is_space_pending {
                line.push(' ');
                length += 1;
            }
            is_space_pending = false;
            line.push(c);
            length += 1;
        }
    }
    line
}

fn is_forbidden(c: char) -> bool {
    c.is_control() || CodePointSetData::new::<BidiControl>().contains(c)
}

/// [`clean`], with an isolate around a text that has a letter or number of a right-to-left script, so that it does not
/// reorder the text around it.
pub(crate) fn isolated(text: &str, max: usize) -> String {
    let text = clean(text, max);
    let is_from_right = |c: char| {
        let class = CodePointMapData::<BidiClass>::new().get(c);
        matches!(class, BidiClass::RightToLeft | BidiClass::ArabicLetter | BidiClass::ArabicNumber)
    };
    if text.contains(is_from_right) { format!("{}{text}{}", ISOLATE.0, ISOLATE.1) } else { text }
}

/// [`clean`] for a header. It breaks the start of an encoded word (RFC 2047), which a mail program would decode.
pub(crate) fn header_text(text: &str, max: usize) -> String {
    clean(text, max).replace("=?", "= ?")
}

/// Returns the name for a greeting; `None` if it is empty or looks like a link or an address. A mail program would make
/// a link of it, and a stranger chooses the name when they register another person's address.
pub(crate) fn greeting_name(name: &str, max: usize) -> Option<String> {
    let isolated = isolated(name, max);
    (!isolated.is_empty() && !resembles_url(name) && !name.contains('\\')).then_some(isolated)
}

/// Whether a mail program may show a name as a link. The other full stops of UTS 46 count as dots.
pub(crate) fn resembles_url(name: &str) -> bool {
    let is_dot = |c: char| matches!(c, '.' | '。' | '．' | '｡');
    let chars: Vec<char> = name.chars().collect();
    let has_domain = chars.windows(4).any(|part| {
        part[0].is_alphanumeric() && is_dot(part[1]) && part[2].is_alphanumeric() && part[3].is_alphanumeric()
    });
    has_domain || name.contains([':', '/', '@', '：', '／', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_one_line_without_controls() {
        for (text, line) in [
            ("Alice", "Alice"),
            ("  Alice \t\r\n Doe\n", "Alice Doe"),
            ("a\0b\u{1B}[31mc", "ab[31mc"),
            ("a\r\nBcc: x@y.example", "a Bcc: x@y.example"),
            ("nimda\u{202E}gnp.exe", "nimdagnp.exe"),
            ("a\u{2028}b\u{85}c", "a b c"),
            ("👨\u{200D}👩🦀", "👨\u{200D}👩🦀"),
            ("\u{2067} \u{202C}", ""),
        ] {
            assert_eq!(clean(text, 100), line, "{text:?}");
        }
        assert_eq!(clean("ab cd", 5), "ab cd");
        assert_eq!(clean("ab cd", 4), "ab c…");
        assert_eq!(clean("ab  cd", 3), "ab…");
    }

    #[test]
    fn right_to_left_text_is_isolated() {
        assert_eq!(isolated("שלום!", 100), "\u{2068}שלום!\u{2069}");
        assert_eq!(isolated("א\u{2069}b", 100), "\u{2068}אb\u{2069}");
        assert_eq!(isolated("홍길동", 100), "홍길동");
    }

    #[test]
    fn an_encoded_word_is_broken() {
        assert_eq!(header_text("=?utf-8?q?Admin?=", 100), "= ?utf-8?q?Admin?=");
    }

    #[test]
    fn a_greeting_has_no_link() {
        for name in ["Alice", "J.R.R. Tolkien", "Dr. Who", "O'Neill", "홍길동", "山田 太郎", "Anne-Marie"] {
            assert_eq!(greeting_name(name, 100).as_deref(), Some(name));
        }
        for name in [
            "",
            "\0",
            "evil.example",
            "Win at http://x",
            "see www.evil.example now",
            "a@b",
            "//x",
            "call tel:1",
            "evil。com",
            "ｅｖｉｌ．ｃｏｍ",
        ] {
            assert_eq!(greeting_name(name, 100), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_one_short_line(text in any::<String>(), max in 1_usize..60) {
            for line in [clean(&text, max), header_text(&text, max)] {
                prop_assert!(!line.contains(is_forbidden));
                prop_assert!(line.trim() == line && !line.contains("  "));
            }
            prop_assert!(clean(&text, max).chars().count() <= max + 1);
            prop_assert!(!header_text(&text, max).contains("=?"));
        }
    }
}
