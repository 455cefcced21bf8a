//! Mailboxes for headers and envelopes.

use lettre::Address;
use lettre::message::Mailbox;
use steward_domain::{Email, Invalid};

use crate::clean::header_text;

/// Maximum length of a name in a header, in characters.
const NAME_MAX: usize = 100;

/// Returns the mailbox of an address, with the name if it has a visible character.
///
/// Fails if the address is not valid: storage may contain an address of an earlier version.
pub(crate) fn mailbox(name: Option<&str>, address: &Email) -> Result<Mailbox, Invalid> {
    let parsed = Email::parse(address.as_str())?;
    let (local, domain) = parsed.as_str().rsplit_once('@').unwrap_or((parsed.as_str(), ""));
    // Only the local part needs SMTPUTF8 (RFC 6531), because every domain has an ASCII form.
    let address = Address::new_dangerous(local, ascii_domain(domain));
    let name = name.map(|name| header_text(name, NAME_MAX)).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address))
}

/// Returns a domain name in A-labels.
pub(crate) fn ascii_domain(domain: &str) -> String {
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: Option<&str>, address: &str) -> Result<String, Invalid> {
        mailbox(name, &Email::from_stored(address.to_owned())).map(|mailbox| mailbox.to_string())
    }

    #[test]
    fn a_domain_is_written_in_ascii() {
        assert_eq!(of(None, "max@münchen.example").unwrap(), "max@xn--mnchen-3ya.example");
        assert_eq!(of(Some("홍길동"), "홍@한국.example").unwrap(), "홍길동 <홍@xn--3e0b707e.example>");
        assert_eq!(of(Some("\u{202E}\r\n"), "a@b.example").unwrap(), "a@b.example");
    }

    #[test]
    fn an_invalid_address_of_storage_is_refused() {
        for address in
            ["a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example", "a@b.example>", "nobody", "a@b\0.example"]
        {
            assert!(of(None, address).is_err(), "{address:?}");
        }
    }
}
