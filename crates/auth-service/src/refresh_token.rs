//! Refresh tokens: 256 random bits, opaque to whoever holds them.
//!
//! A token's successor is not random but an HMAC of it: a client that got no answer and sends the same token again is
//! given the same successor, by any process, without anybody keeping a token that is good.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use steward_domain::TokenHash;

use crate::derived_keys::DerivedKey;

/// Length of a token in bytes; as text it has 43 characters (base64url without padding, RFC 4648).
const LENGTH: usize = 32;

/// A refresh token. Shown to nobody but its holder.
pub struct RefreshToken(SecretBox<[u8; LENGTH]>);

impl RefreshToken {
    /// The token of these random bytes.
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// Reads a token as it was given out; `None` for what cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(LENGTH) => Some(Self::new(bytes)),
            _ => None,
        }
    }

    /// The token as it is given out.
    pub fn text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.0.expose_secret()).into()
    }

    /// What storage recognises it by.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.expose_secret())
    }

    /// What takes its place once it is used.
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
    fn reads_back_what_it_wrote_and_nothing_else() {
        let token = RefreshToken::new([0xa5; LENGTH]);
        let text = token.text().expose_secret().to_owned();
        assert_eq!(text.len(), 43);
        assert_eq!(RefreshToken::parse(&text).unwrap().hash(), token.hash());
        let (longer, padded, spaced) = (format!("{text}A"), format!("{text}="), format!(" {text}"));
        // The last character holds two bits that belong to no byte.
        let loose = format!("{}F", &text[..42]);
        for wrong in ["", "garbage", &text[1..], &longer, &padded, &spaced, &loose, "a.b.c"] {
            assert!(RefreshToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_successor_is_the_same_each_time_and_another_with_another_key() {
        let (one, other) = (DerivedKeys::new(&"one".into(), None), DerivedKeys::new(&"other".into(), None));
        let token = RefreshToken::new([1; LENGTH]);
        let successor = token.successor(&one.refresh.current);
        assert_eq!(successor.hash(), token.successor(&one.refresh.current).hash());
        assert_ne!(successor.hash(), token.hash());
        assert_ne!(successor.hash(), token.successor(&other.refresh.current).hash());
        assert_ne!(successor.hash(), successor.successor(&one.refresh.current).hash());
    }

    #[test]
    fn is_never_shown() {
        assert_eq!(format!("{:?}", RefreshToken::new([1; LENGTH])), "RefreshToken(…)");
    }
}
