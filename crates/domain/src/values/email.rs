use std::fmt;

use email_address::{EmailAddress, Options};

use super::domain_name::DomainName;
use super::{Invalid, text};

/// An e-mail address (RFC 5321 and RFC 6531 mailbox with a dot in the domain name), at most 255 bytes. It is in lower
/// case and NFC, with its domain in U-labels.
///
/// All spellings of a mailbox are equal: upper and lower case, composed and decomposed, A-labels and U-labels.
///
/// ```
/// use steward_domain::Email;
///
/// let email = Email::parse("John.Doe@XN--MNCHEN-3YA.example")?;
/// assert_eq!(email.as_str(), "john.doe@münchen.example");
/// assert!(Email::parse("john.doe@localhost").is_err(), "the domain has no dot");
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Maximum length of an address, in bytes.
    pub const MAX: usize = 255;

    /// Parses an address. Surrounding white space is refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let typed = text::nfc(text);
        if typed.len() > Self::MAX {
            return Err(Invalid::new("must be at most 255 bytes"));
        }
        text::check(&typed)?;
        let missing = || Invalid::new("must be an e-mail address: missing separator character '@'");
        let (local, domain) = typed.rsplit_once('@').ok_or_else(missing)?;
        // The lower case of a composed letter can be decomposed (`İ`).
        let lower = local.to_lowercase();
        let local = text::nfc(&lower);
        let domain = DomainName::parse(domain)?;
        check_syntax(&local, &domain.ascii)?;
        let address = format!("{local}@{}", domain.unicode);
        if address.len() > Self::MAX {
            return Err(Invalid::new("must be at most 255 bytes"));
        }
        text::check(&address)?;
        Ok(Self(address))
    }

    /// Wraps an address from storage or another service without validation, so that later rules cannot make it
    /// unreadable.
    pub fn from_stored(address: String) -> Self {
        Self(address)
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the canonical spelling if this address was stored in another spelling. Returns `None` if the address is
    /// canonical or no longer valid.
    pub fn respelled(&self) -> Option<Self> {
        Self::parse(&self.0).ok().filter(|parsed| parsed != self)
    }

    /// Returns the other spellings in which an earlier version may have stored this address: decomposed, or with
    /// A-labels. An ASCII address has none.
    pub fn earlier_spellings(&self) -> Vec<String> {
        let Some((local, domain)) = self.0.rsplit_once('@').filter(|_| !self.0.is_ascii()) else { return Vec::new() };
        let ascii = DomainName::parse(domain).map_or_else(|_| domain.to_owned(), |domain| domain.ascii);
        let (local_nfd, domain_nfd) = (text::nfd(local), text::nfd(domain));
        let mut spellings = Vec::new();
        for local in [local, &local_nfd] {
            spellings.extend([domain, &domain_nfd, &ascii].map(|domain| format!("{local}@{domain}")));
        }
        spellings.sort();
        spellings.dedup();
        spellings.retain(|spelling| *spelling != self.0);
        spellings
    }
}

/// The address.
impl From<Email> for String {
    fn from(address: Email) -> Self {
        address.0
    }
}

/// Checks the syntax. The library only supports ASCII. Therefore each byte of another character in the local part
/// counts as a letter (RFC 6531, section 3.3), except for white space.
fn check_syntax(local: &str, domain: &str) -> Result<(), Invalid> {
    if local.chars().any(|c| !c.is_ascii() && c.is_whitespace()) {
        return Err(Invalid::new("must be an e-mail address: white space before the @"));
    }
    let letters = local.bytes().map(|byte| if byte.is_ascii() { char::from(byte) } else { 'x' });
    let address: String = letters.chain(['@']).chain(domain.chars()).collect();
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    match EmailAddress::parse_with_options(&address, options) {
        Ok(_) => Ok(()),
        Err(error) => Err(Invalid::new(format!("must be an e-mail address: {}", lower_first(&error.to_string())))),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.0)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_stored_in_lower_case() {
        assert_eq!(Email::parse("John.Doe@Example.COM").unwrap().as_str(), "john.doe@example.com");
    }

    #[test]
    fn spellings_of_one_mailbox_are_equal() {
        for (text, address) in [
            ("Max@Maßanfertigung.example", "max@maßanfertigung.example"),
            ("max@xn--maanfertigung-cdb.example", "max@maßanfertigung.example"),
            ("max@XN--MAANFERTIGUNG-CDB.EXAMPLE", "max@maßanfertigung.example"),
            ("ju\u{308}rgen@bu\u{308}cher.example", "jürgen@bücher.example"),
            ("JÜRGEN@xn--bcher-kva.example", "jürgen@bücher.example"),
            ("홍길동@한국。kr", "홍길동@한국.kr"),
            ("İ@example.org", "i\u{307}@example.org"),
            ("ΟΔΟΣ@example.org", "οδος@example.org"),
            ("संपर्क@डाटामेल.भारत", "संपर्क@डाटामेल.भारत"),
            ("\"John Doe\"@example.com", "\"john doe\"@example.com"),
        ] {
            assert_eq!(Email::parse(text).map_err(|error| format!("{text}: {error}")).unwrap().as_str(), address);
        }
        // Without transitional processing, these are two different domains.
        let [sharp, double] = ["max@maßanfertigung.example", "max@massanfertigung.example"].map(Email::parse);
        assert_ne!(sharp.unwrap(), double.unwrap());
    }

    #[test]
    fn errors_state_the_reason() {
        for (text, reason) in [
            ("plain", "must be an e-mail address: missing separator character '@'"),
            ("a@xn--a.example", "must be an e-mail address: “xn--a” is not a valid label of a domain name"),
            ("a@b..example", "must be an e-mail address: a label of its domain name is empty"),
            ("a\u{202E}b@example.com", "must not hold the bidirectional control U+202E"),
            ("a@exam\u{200B}ple.com", "must not hold the invisible character U+200B"),
            ("a\u{A0}b@example.com", "must be an e-mail address: white space before the @"),
            ("a@b", "must be an e-mail address: too few parts in the domain"),
        ] {
            assert_eq!(Email::parse(text).unwrap_err().to_string(), reason, "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "가".repeat(22))).is_err(), "66 bytes before the @");
        assert!(Email::parse(&format!("{}@example.com", "Ⱥ".repeat(31))).is_err(), "93 bytes in lower case");
    }

    #[test]
    fn earlier_spellings_are_listed() {
        assert!(Email::parse("a@example.com").unwrap().earlier_spellings().is_empty());
        let address = Email::parse("jürgen@bücher.example").unwrap();
        let (u, b) = ("ju\u{308}rgen", "bu\u{308}cher.example");
        let mut expected = vec![
            format!("{u}@{b}"),
            format!("{u}@bücher.example"),
            format!("{u}@xn--bcher-kva.example"),
            format!("jürgen@{b}"),
            "jürgen@xn--bcher-kva.example".to_owned(),
        ];
        expected.sort();
        assert_eq!(address.earlier_spellings(), expected);
    }

    #[test]
    fn an_address_in_an_earlier_spelling_is_respelled() {
        for (stored, respelled) in [
            ("max@xn--maanfertigung-cdb.example", Some("max@maßanfertigung.example")),
            ("max@xn--bcher-kva.한국.example", Some("max@bücher.한국.example")),
            ("ju\u{308}rgen@ａｂｃ.example", Some("jürgen@abc.example")),
            ("max@maßanfertigung.example", None),
            ("xn--max@example.com", None),
            ("max@xn--a.example", None),
            ("a\u{200D}b@example.com", None),
        ] {
            let respelled = respelled.map(|address| Email::parse(address).unwrap());
            assert_eq!(Email::from_stored(stored.to_owned()).respelled(), respelled, "{stored}");
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for text in [
            "",
            "plain",
            "@example.com",
            "a@",
            "a@b",
            "a b@example.com",
            " a@example.com",
            "a@example.com ",
            "a@[127.0.0.1]",
            "John <a@example.com>",
            "a@exam\0ple.com",
            "a@example..com",
            "a@@example.com",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(190));
        assert_eq!(Email::parse(&long).unwrap_err().to_string(), "must be at most 255 bytes");
    }

    proptest! {
        #[test]
        fn plain_addresses_are_accepted(text in "[a-z0-9]{1,20}(\\.[a-z0-9]{1,10})?@[a-z0-9]{1,20}\\.[a-z]{2,6}") {
            let email = Email::parse(&text).unwrap();
            prop_assert_eq!(email.as_str(), &text);
        }

        #[test]
        fn parsing_is_idempotent(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email);
            }
        }
    }
}
