//! Tokens of the links in mails: 256 bits, derived from the id of a link with a key of their own.
//!
//! Storage has the id and the hash of the token. Only a process with the key derives the token, so neither the queue of
//! mails nor a backup contains a token that works.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use steward_domain::{LinkId, TokenHash};

use crate::derived_keys::{DerivedKey, PurposeKeys, TAG_LENGTH};

/// The token of a link. Its `Debug` output is redacted.
pub struct LinkToken(SecretBox<[u8; TAG_LENGTH]>);

impl LinkToken {
    /// Derives the token of a link.
    pub fn derive(key: &DerivedKey, link: &LinkId) -> Self {
        Self(SecretBox::new(Box::new(key.tag(&[link.as_bytes()]))))
    }

    /// Derives the token that has this hash, with the current or the previous key; `None` if neither key derived it.
    pub fn recover(keys: &PurposeKeys, link: &LinkId, hash: &TokenHash) -> Option<Self> {
        keys.both().map(|key| Self::derive(key, link)).find(|token| token.hash() == *hash)
    }

    /// Parses the text form; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; TAG_LENGTH];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(TAG_LENGTH) => Some(Self(SecretBox::new(Box::new(bytes)))),
            _ => None,
        }
    }

    /// Returns the text form: 43 characters, base64url without padding (RFC 4648).
    pub fn text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.0.expose_secret()).into()
    }

    /// Returns the hash that storage keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.expose_secret())
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DerivedKeys;
    use crate::tokens::tests::{KEY, OLD_KEY};

    const LINK: LinkId = LinkId::new([7; LinkId::LENGTH]);

    fn keys(current: &str, previous: Option<&str>) -> PurposeKeys {
        DerivedKeys::new(&current.into(), previous.map(SecretString::from).as_ref()).link
    }

    #[test]
    fn a_token_survives_its_text_form() {
        let token = LinkToken::derive(&keys(KEY, None).current, &LINK);
        let text = token.text().expose_secret().to_owned();
        assert_eq!(text.len(), 43);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(LinkToken::parse(&text).unwrap().hash(), token.hash());
        for malformed in ["", "garbage", &text[1..], &format!("{text}A"), &format!("{text}="), &format!(" {text}")] {
            assert!(LinkToken::parse(malformed).is_none(), "{malformed}");
        }
        assert_eq!(format!("{token:?}"), "LinkToken(…)");
    }

    #[test]
    fn each_link_and_each_key_has_a_token_of_its_own() {
        let key = keys(KEY, None).current;
        let hash = LinkToken::derive(&key, &LINK).hash();
        assert_ne!(LinkToken::derive(&key, &LinkId::new([8; 16])).hash(), hash);
        assert_ne!(LinkToken::derive(&keys(OLD_KEY, None).current, &LINK).hash(), hash);
    }

    #[test]
    fn a_token_is_recovered_while_its_key_is_set() {
        let hash = LinkToken::derive(&keys(OLD_KEY, None).current, &LINK).hash();
        let recovered = LinkToken::recover(&keys(KEY, Some(OLD_KEY)), &LINK, &hash);
        assert_eq!(recovered.map(|token| token.hash()), Some(hash));
        assert!(LinkToken::recover(&keys(KEY, None), &LINK, &hash).is_none());
    }
}
