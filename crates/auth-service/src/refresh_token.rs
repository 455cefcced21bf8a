//! Refresh tokens: 256 random bits, opaque to the client.
//!
//! The successor of a token is an HMAC of it. A client that lost the response and sends the same token again gets the
//! same successor, from any process, without a stored token.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use steward_domain::TokenHash;

use crate::derived_keys::DerivedKey;

/// Length of a token in bytes; as text it has 43 characters (base64url without padding, RFC 4648).
const LENGTH: usize = 32;

/// A refresh token. Its `Debug` output is redacted.
pub struct RefreshToken(SecretBox<[u8; LENGTH]>);

impl RefreshToken {
    /// Creates a token from random bytes.
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// Parses the text form; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(LENGTH) => Some(Self::new(bytes)),
            _ => None,
        }
    }

    /// Returns the text form, for the client.
    pub fn text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.0.expose_secret()).into()
    }

    /// Returns the hash that storage keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.expose_secret())
    }

    /// Returns the token that replaces this one after its use.
    #[must_use]
    pub fn successor(&self, key: &DerivedKey) -> Self {
        Self::new(key.tag(&[self.0.expose_secret()]))
    }
}

impl Clone for RefreshToken {
    fn clone(&self) -> Self {
        Self::new(*self.0.expose_secret())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use crate::DerivedKeys;

    use super::*;

    #[test]
    fn only_the_canonical_text_form_is_parsed() {
        let token = RefreshToken::new([0xa5; LENGTH]);
        let text = token.text().expose_secret().to_owned();
        assert_eq!(text.len(), 43);
        assert_eq!(RefreshToken::parse(&text).unwrap().hash(), token.hash());
        let (longer, padded, spaced) = (format!("{text}A"), format!("{text}="), format!(" {text}"));
        // The last character encodes two bits beyond the last byte, which must be zero.
        let loose = format!("{}F", &text[..42]);
        for wrong in ["", "garbage", &text[1..], &longer, &padded, &spaced, &loose, "a.b.c"] {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_successor_is_deterministic_per_key() {
        let (one, other) = (DerivedKeys::new(&"one".into(), None), DerivedKeys::new(&"other".into(), None));
        let token = RefreshToken::new([1; LENGTH]);
        let successor = token.successor(&one.refresh.current);
        assert_eq!(successor.hash(), token.successor(&one.refresh.current).hash());
        assert_ne!(successor.hash(), token.hash());
        assert_ne!(successor.hash(), token.successor(&other.refresh.current).hash());
        assert_ne!(successor.hash(), successor.successor(&one.refresh.current).hash());
    }

    #[test]
    fn debug_output_redacts_the_token() {
        assert_eq!(format!("{:?}", RefreshToken::new([1; LENGTH])), "RefreshToken(…)");
    }
}
