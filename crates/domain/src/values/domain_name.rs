//! Domain names of e-mail addresses (UTS 46, non-transitional). People read U-labels: `maßanfertigung.example`. DNS
//! stores the same name in A-labels: `xn--maanfertigung-cdb.example`.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::Invalid;

/// A domain name in both forms, in lower case.
pub(super) struct DomainName {
    /// The name in U-labels, in NFC.
    pub(super) unicode: String,
    /// The name in A-labels.
    pub(super) ascii: String,
}

/// Labels consist of letters, digits and hyphens, and do not begin or end with a hyphen. `CheckFirstLast` allows two
/// hyphens in the third place, because some old names have them.
const DENIED: AsciiDenyList = AsciiDenyList::STD3;
const HYPHENS: Hyphens = Hyphens::CheckFirstLast;

impl DomainName {
    /// Parses a domain name in either form, or in a mix of both.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        let ascii = Uts46::new().to_ascii(text.as_bytes(), DENIED, HYPHENS, DnsLength::Verify);
        let ascii = ascii.map_err(|_| refusal(text))?.into_owned();
        match Uts46::new().to_unicode(ascii.as_bytes(), DENIED, HYPHENS) {
            (unicode, Ok(())) => Ok(Self { unicode: unicode.into_owned(), ascii }),
            (_, Err(_)) => Err(refusal(text)),
        }
    }
}

/// Returns an error that names the first invalid label.
fn refusal(text: &str) -> Invalid {
    let is_wrong = |label: &&str| {
        let limits = DnsLength::Verify;
        Uts46::new().to_ascii(label.as_bytes(), DENIED, HYPHENS, limits).is_err()
    };
    match text.split('.').find(is_wrong) {
        None => Invalid::new("must be an e-mail address: its domain name is not valid"),
        Some("") => Invalid::new("must be an e-mail address: a label of its domain name is empty"),
        Some(label) => {
            Invalid::new(format!("must be an e-mail address: “{label}” is not a valid label of a domain name"))
        }
    }
}

/// Replaces the A-labels in a text with U-labels, the form in which addresses are stored. A search for either form then
/// finds them. A label that is not a valid A-label remains unchanged.
pub(super) fn with_unicode_labels(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().windows(4).any(|prefix| prefix.eq_ignore_ascii_case(b"xn--")) {
        return Cow::Borrowed(text);
    }
    let is_in_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let pieces = text.split_inclusive(|c| !is_in_label(c)).flat_map(|piece| {
        let label = piece.trim_end_matches(|c| !is_in_label(c));
        let is_a_label = label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
        let unicode = is_a_label.then(|| Uts46::new().to_unicode(label.as_bytes(), DENIED, HYPHENS));
        let label = match unicode {
            Some((unicode, Ok(()))) => unicode,
            _ => Cow::Borrowed(label),
        };
        let end = piece.trim_start_matches(is_in_label);
        [label, Cow::Borrowed(end)]
    });
    Cow::Owned(pieces.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_parse_to_the_same_name() {
        for (text, unicode, ascii) in [
            ("Example.COM", "example.com", "example.com"),
            ("maßanfertigung.example", "maßanfertigung.example", "xn--maanfertigung-cdb.example"),
            ("XN--MAANFERTIGUNG-CDB.example", "maßanfertigung.example", "xn--maanfertigung-cdb.example"),
            ("MAẞANFERTIGUNG.example", "maßanfertigung.example", "xn--maanfertigung-cdb.example"),
            ("bu\u{308}cher.example", "bücher.example", "xn--bcher-kva.example"),
            ("한국。kr", "한국.kr", "xn--3e0b707e.kr"),
            ("İ.example", "i\u{307}.example", "xn--i-9bb.example"),
            ("ａｂｃ.example", "abc.example", "abc.example"),
            ("r3---sn-x.example", "r3---sn-x.example", "r3---sn-x.example"),
        ] {
            let name = DomainName::parse(text).map_err(|error| format!("{text}: {error}")).unwrap();
            assert_eq!((name.unicode.as_str(), name.ascii.as_str()), (unicode, ascii), "{text}");
        }
    }

    #[test]
    fn an_invalid_label_is_named() {
        for (text, expected) in [
            ("xn--a.example", "“xn--a” is not a valid label of a domain name"),
            ("xn--example-.com", "“xn--example-” is not a valid label of a domain name"),
            ("-a.example", "“-a” is not a valid label of a domain name"),
            ("a_b.example", "“a_b” is not a valid label of a domain name"),
            ("a..example", "a label of its domain name is empty"),
            ("example.com.", "a label of its domain name is empty"),
            ("", "a label of its domain name is empty"),
        ] {
            let error = DomainName::parse(text).err().unwrap().to_string();
            assert_eq!(error, format!("must be an e-mail address: {expected}"), "{text}");
        }
        assert!(DomainName::parse(&"가".repeat(60)).is_err(), "more than 63 bytes as an A-label");
        assert!(DomainName::parse(&format!("{}.example", "a.".repeat(130))).is_err());
    }

    #[test]
    fn a_search_for_either_form_is_normalized() {
        for (term, expected) in [
            ("xn--maanfertigung-cdb", "maßanfertigung"),
            ("max@XN--maanfertigung-cdb.example", "max@maßanfertigung.example"),
            ("a xn--bcher-kva.xn--3e0b707e b", "a bücher.한국 b"),
            ("xn--maanfert", "xn--maanfert"),
            ("xn--", "xn--"),
            ("plain", "plain"),
            ("홍xn--길동", "홍xn--길동"),
        ] {
            assert_eq!(with_unicode_labels(term), expected);
        }
    }
}
