//! Keys for one purpose each, derived from `SECRET_KEY` by HKDF-SHA256 (RFC 5869): what one of them signs means nothing
//! to another, nor to the checking of tokens.
//!
//! When `SECRET_KEY` is changed all of them change with it. What the key before it signed is still recognised while
//! `SECRET_KEY_PREVIOUS` is set: [`PurposeKeys::both`] and [`PurposeKeys::verify`] look at both.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

/// SHA-256's block: HMAC fills a shorter key up to this length with zeros, so such a key never fails.
const BLOCK: usize = 64;
/// Length of a key and of a tag, in bytes.
pub const TAG_LENGTH: usize = 32;

/// The keys of each purpose.
#[derive(Debug)]
pub struct DerivedKeys {
    /// Makes a refresh token's successor.
    pub refresh: PurposeKeys,
    /// Signs device tokens.
    pub device: PurposeKeys,
    /// Hides what was typed for an id that is nobody's.
    pub nobody: PurposeKeys,
}

/// The keys of one purpose.
#[derive(Debug)]
pub struct PurposeKeys {
    /// Signs, and checks.
    pub current: DerivedKey,
    /// Checks what was signed before `SECRET_KEY` was changed.
    pub previous: Option<DerivedKey>,
}

/// A key of 256 bits for HMAC-SHA256.
pub struct DerivedKey(SecretBox<[u8; BLOCK]>);

impl DerivedKeys {
    /// The keys that come of `SECRET_KEY`, and of `SECRET_KEY_PREVIOUS`.
    pub fn new(current: &SecretString, previous: Option<&SecretString>) -> Self {
        let keys = |purpose: &str| PurposeKeys {
            current: DerivedKey::derive(current, purpose),
            previous: previous.map(|secret| DerivedKey::derive(secret, purpose)),
        };
        Self {
            refresh: keys("steward refresh key v1"),
            device: keys("steward device key v1"),
            nobody: keys("steward nobody key v1"),
        }
    }
}

impl PurposeKeys {
    /// The current key, then the previous one if there is one.
    pub fn both(&self) -> impl Iterator<Item = &DerivedKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// Whether one of the keys made this tag of these fields.
    pub fn verify(&self, fields: &[&[u8]], tag: &[u8]) -> bool {
        self.both().any(|key| key.verify(fields, tag))
    }
}

impl DerivedKey {
    /// HMAC-SHA256 of these fields, each with its length before it, so that no field can be shifted into another.
    pub fn tag(&self, fields: &[&[u8]]) -> [u8; TAG_LENGTH] {
        self.mac(fields).finalize().into_bytes().into()
    }

    /// Whether this key made this tag of these fields; takes equally long wherever they differ.
    pub fn verify(&self, fields: &[&[u8]], tag: &[u8]) -> bool {
        self.mac(fields).verify_slice(tag).is_ok()
    }

    fn mac(&self, fields: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = hmac(self.0.expose_secret());
        for field in fields {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        mac
    }

    fn derive(secret: &SecretString, purpose: &str) -> Self {
        let mut key = [0; BLOCK];
        key[..TAG_LENGTH].copy_from_slice(&hkdf(secret.expose_secret().as_bytes(), purpose.as_bytes()));
        Self(SecretBox::new(Box::new(key)))
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(…)")
    }
}

/// HKDF-SHA256 without salt, to the length of one hash: extract, then the first block of expand.
fn hkdf(secret: &[u8], info: &[u8]) -> [u8; TAG_LENGTH] {
    let mut extract = hmac(&[0; BLOCK]);
    extract.update(secret);
    let mut pseudorandom = [0; BLOCK];
    pseudorandom[..TAG_LENGTH].copy_from_slice(&extract.finalize().into_bytes());
    let mut expand = hmac(&pseudorandom);
    expand.update(info);
    expand.update(&[1]);
    expand.finalize().into_bytes().into()
}

fn hmac(key: &[u8; BLOCK]) -> Hmac<Sha256> {
    Hmac::new(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "the-key-of-today-the-key-of-today";
    const OLD_KEY: &str = "the-key-before-the-key-before-it";

    fn keys(current: &str, previous: Option<&str>) -> DerivedKeys {
        DerivedKeys::new(&current.into(), previous.map(SecretString::from).as_ref())
    }

    #[test]
    fn is_hkdf_as_the_rfc_computes_it() {
        // RFC 5869, A.3: the first 32 bytes of the output.
        let key = hkdf(&[0x0b; 22], b"");
        assert_eq!(key[..8], [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
        assert_eq!(key[24..], [0xc3, 0x45, 0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d]);
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let keys = keys(KEY, None);
        let tag = keys.refresh.current.tag(&[b"token"]);
        assert!(keys.refresh.verify(&[b"token"], &tag));
        assert!(!keys.device.verify(&[b"token"], &tag));
        assert!(!keys.refresh.verify(&[b"token"], &tag[..31]) && !keys.refresh.verify(&[b"token"], &[]));
    }

    #[test]
    fn no_field_can_be_shifted_into_another() {
        let key = keys(KEY, None).device.current;
        assert_ne!(key.tag(&[b"ab", b"c"]), key.tag(&[b"a", b"bc"]));
        assert_ne!(key.tag(&[b"abc"]), key.tag(&[b"abc", b""]));
    }

    #[test]
    fn what_the_key_before_it_signed_is_recognised_until_that_key_is_gone() {
        let tag = keys(OLD_KEY, None).device.current.tag(&[b"device"]);
        let rotating = keys(KEY, Some(OLD_KEY)).device;
        assert!(rotating.verify(&[b"device"], &tag));
        assert_ne!(rotating.current.tag(&[b"device"]), tag, "the new key signs");
        assert!(!keys(KEY, None).device.verify(&[b"device"], &tag));
    }

    #[test]
    fn is_never_shown() {
        assert_eq!(format!("{:?}", keys(KEY, None).refresh.current), "DerivedKey(…)");
    }
}
