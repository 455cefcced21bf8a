use std::iter;
use std::net::IpAddr;

use super::node;

/// What one proxy says of the connection that a request came to it on (RFC 7239, 4).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// Where it came from; `None` where that is hidden, unknown or unreadable.
    pub(super) from: Option<IpAddr>,
    /// The protocol it came by.
    pub(super) proto: Option<&'a str>,
}

/// The elements of one header line, the last first.
pub(super) fn elements(line: &str) -> impl Iterator<Item = Element<'_>> {
    from_the_right(line, b',').filter(|element| !element.is_empty()).map(element)
}

/// An element that says the same thing twice says nothing: nobody knows which of the two is meant.
fn element(text: &str) -> Element<'_> {
    let mut element = Element::default();
    let (mut froms, mut protos) = (0, 0);
    for pair in from_the_right(text, b';') {
        match pair.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("for") => {
                froms += 1;
                element.from = node::address(value);
            }
            Some((name, value)) if name.trim().eq_ignore_ascii_case("proto") => {
                protos += 1;
                element.proto = Some(value.trim().trim_matches('"'));
            }
            _ => {}
        }
    }
    if froms > 1 || protos > 1 { Element::default() } else { element }
}

/// The parts of a text between separators outside quotes, the last first.
///
/// Read from the right, because a caller may have sent the left part, say with a quote that never closes: what the
/// proxy appended must mean the same after that as without.
fn from_the_right(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let split = last_outside_quotes(text, separator).map(|at| (&text[..at], &text[at + 1..]));
        rest = split.map(|(before, _)| before);
        Some(split.map_or(text, |(_, part)| part).trim())
    })
}

fn last_outside_quotes(text: &str, separator: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut is_quoted = false;
    for (at, byte) in bytes.iter().enumerate().rev() {
        let escapes = || bytes[..at].iter().rev().take_while(|before| **before == b'\\').count();
        if *byte == b'"' && escapes() % 2 == 0 {
            is_quoted = !is_quoted;
        } else if *byte == separator && !is_quoted {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each address, the last first; `-` where there is none.
    fn froms(line: &str) -> Vec<String> {
        elements(line).map(|element| element.from.map_or("-".to_owned(), |from| from.to_string())).collect()
    }

    #[test]
    fn the_standards_own_examples_are_read() {
        assert_eq!(froms("for=\"_gazonk\""), ["-"]);
        assert_eq!(froms("For=\"[2001:db8:cafe::17]:4711\""), ["2001:db8:cafe::17"]);
        assert_eq!(froms("for=192.0.2.43, for=198.51.100.17"), ["198.51.100.17", "192.0.2.43"]);
        assert_eq!(
            froms("for=192.0.2.43, for=\"[2001:db8:cafe::17]\",for=unknown"),
            ["-", "2001:db8:cafe::17", "192.0.2.43"]
        );
        let element = elements("for=192.0.2.60;proto=http;by=203.0.113.43").next().unwrap();
        assert_eq!(element, Element { from: Some("192.0.2.60".parse().unwrap()), proto: Some("http") });
        let quoted = elements("proto=\"https\" ; FOR=192.0.2.60;host=\"a;b,c\\\",for=1.1.1.1\"").next().unwrap();
        assert_eq!(quoted, Element { from: Some("192.0.2.60".parse().unwrap()), proto: Some("https") });
    }

    #[test]
    fn what_a_caller_left_open_swallows_nothing_that_a_proxy_appended() {
        for sent in ["for=\"", "for=\"\\", "for=\"1.1.1.1", "\"", ";;;=", "for=1.1.1.1;host=\"x\\\"", ",,", "for"] {
            let line = format!("{sent}, for=\"[2001:db8::1]:80\";proto=https");
            let last = elements(&line).next().unwrap();
            assert_eq!(last.from, Some("2001:db8::1".parse().unwrap()), "{line}");
            assert_eq!(last.proto, Some("https"), "{line}");
        }
    }

    #[test]
    fn an_element_that_contradicts_itself_says_nothing() {
        for text in ["for=192.0.2.1;for=192.0.2.2", "for=192.0.2.1;For=192.0.2.1", "for=192.0.2.1;proto=a;proto=b"] {
            assert_eq!(elements(text).collect::<Vec<_>>(), [Element::default()], "{text}");
        }
        assert_eq!(froms("by=192.0.2.1"), ["-"], "an element without for hides it");
        assert!(froms("").is_empty());
    }
}
