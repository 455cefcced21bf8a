use std::fmt;

use email_address::{EmailAddress, Options};

use super::Invalid;

/// An e-mail address (RFC 5321 mailbox with a domain name that has a dot), at most 255 bytes, in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Longest address, in bytes.
    pub const MAX: usize = 255;

    /// Reads an address; surrounding white space is not part of it and is refused.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > Self::MAX {
            return Err(Invalid::new("must be at most 255 bytes"));
        }
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("must not hold control characters"));
        }
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        EmailAddress::parse_with_options(text, options)
            .map_err(|error| Invalid::new(format!("must be an e-mail address: {}", lower_first(&error.to_string()))))?;
        let lower = text.to_lowercase();
        if lower.len() > Self::MAX {
            return Err(Invalid::new("must be at most 255 bytes"));
        }
        Ok(Self(lower))
    }

    /// The address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
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
    fn is_kept_in_lower_case() {
        assert_eq!(Email::parse("John.Doe@Example.COM").unwrap().as_str(), "john.doe@example.com");
    }

    #[test]
    fn refuses_what_is_no_address() {
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
        fn accepts_plain_addresses(text in "[a-z0-9]{1,20}(\\.[a-z0-9]{1,10})?@[a-z0-9]{1,20}\\.[a-z]{2,6}") {
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
