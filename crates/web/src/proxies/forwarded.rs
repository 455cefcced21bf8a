use std::iter;
use std::net::IpAddr;

use super::node;

/// The information of one proxy about the connection on which it received the request (RFC 7239, 4).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// The address of the sender; `None` if it is hidden, unknown or malformed.
    pub(super) from: Option<IpAddr>,
    /// The protocol of the connection.
    pub(super) proto: Option<&'a str>,
}

/// Returns the elements of one header line, in reverse order.
pub(super) fn elements(line: &str) -> impl Iterator<Item = Element<'_>> {
    from_the_right(line, b',').filter(|element| !element.is_empty()).map(element)
}

/// Parses an element. An element with a duplicate parameter is ambiguous and yields no information.
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

/// Splits a text at separators outside quotes, and returns the parts in reverse order.
///
/// Reads from the right, because the client may have sent the left part, for example with an unclosed quote. Such a
/// part must not change the meaning of an element that a proxy appended.
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

    /// Returns each address, in reverse order; `-` for a missing address.
    fn froms(line: &str) -> Vec<String> {
        elements(line).map(|element| element.from.map_or("-".to_owned(), |from| from.to_string())).collect()
    }

    #[test]
    fn the_examples_of_the_rfc_are_parsed() {
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
    fn an_unclosed_quote_of_a_client_does_not_hide_appended_elements() {
        for sent in ["for=\"", "for=\"\\", "for=\"1.1.1.1", "\"", ";;;=", "for=1.1.1.1;host=\"x\\\"", ",,", "for"] {
            let line = format!("{sent}, for=\"[2001:db8::1]:80\";proto=https");
            let last = elements(&line).next().unwrap();
            assert_eq!(last.from, Some("2001:db8::1".parse().unwrap()), "{line}");
            assert_eq!(last.proto, Some("https"), "{line}");
        }
    }

    #[test]
    fn an_element_with_a_duplicate_parameter_is_ignored() {
        for text in ["for=192.0.2.1;for=192.0.2.2", "for=192.0.2.1;For=192.0.2.1", "for=192.0.2.1;proto=a;proto=b"] {
            assert_eq!(elements(text).collect::<Vec<_>>(), [Element::default()], "{text}");
        }
        assert_eq!(froms("by=192.0.2.1"), ["-"], "an element without `for` has no address");
        assert!(froms("").is_empty());
    }
}
