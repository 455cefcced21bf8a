use std::fmt;
use std::str::FromStr;

use steward_domain::{DisplayName, Email, Invalid};

use crate::mailbox::ascii_domain;

/// The sender of all mails: `NAME <ADDRESS>` or `ADDRESS`. The name also names the product in the texts of mails.
///
/// ```
/// use steward_mail::Sender;
///
/// let sender: Sender = "Acme Accounts <no-reply@acme.example>".parse()?;
/// assert_eq!((sender.product(), sender.address().as_str()), ("Acme Accounts", "no-reply@acme.example"));
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    name: Option<DisplayName>,
    address: Email,
}

/// The name of the product if the sender has no name.
const PRODUCT: &str = "Steward";

impl FromStr for Sender {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let Some(rest) = text.strip_suffix('>') else {
            return Ok(Self { name: None, address: Email::parse(text)? });
        };
        let (name, address) = rest.rsplit_once('<').ok_or(Invalid::new("must be an address or NAME <ADDRESS>"))?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        let name = if name.is_empty() { None } else { Some(DisplayName::parse(name)?) };
        Ok(Self { name, address: Email::parse(address)? })
    }
}

impl Sender {
    /// Returns the name.
    pub fn name(&self) -> Option<&DisplayName> {
        self.name.as_ref()
    }

    /// Returns the address.
    pub fn address(&self) -> &Email {
        &self.address
    }

    /// Returns the name of the product in the texts of mails: the sender's name, or `Steward`.
    pub fn product(&self) -> &str {
        self.name.as_ref().map_or(PRODUCT, DisplayName::as_str)
    }

    /// The domain of the address, in A-labels.
    pub(crate) fn domain(&self) -> String {
        let domain = self.address.as_str().rsplit('@').next().unwrap_or_default();
        ascii_domain(domain)
    }
}

/// `NAME <ADDRESS>` or `ADDRESS`.
impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => self.address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_an_address_and_an_optional_name() {
        for (text, product, shown) in [
            ("a@b.example", "Steward", "a@b.example"),
            (" <a@b.example> ", "Steward", "a@b.example"),
            ("Acme <a@b.example>", "Acme", "Acme <a@b.example>"),
            ("\"Acme, Inc.\"<A@B.example>", "Acme, Inc.", "Acme, Inc. <a@b.example>"),
            ("계정 <a@한국.example>", "계정", "계정 <a@한국.example>"),
        ] {
            let sender: Sender = text.parse().unwrap();
            assert_eq!((sender.product(), sender.to_string().as_str()), (product, shown));
        }
        assert_eq!("a@한국.example".parse::<Sender>().unwrap().domain(), "xn--3e0b707e.example");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "Acme", "Acme a@b.example", "a@b.example>", "Acme <>", "A\r\nBcc: x <a@b.example>", "a@localhost"]
        {
            assert!(text.parse::<Sender>().is_err(), "{text}");
        }
    }
}
