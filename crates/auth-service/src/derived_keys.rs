//! Keys for one purpose each, derived from `SECRET_KEY` by HKDF-SHA256 (RFC 5869). A tag of one key is not valid under
//! another key, nor as the signature of an access token.
//!
//! If `SECRET_KEY` changes, every derived key changes. While `SECRET_KEY_PREVIOUS` is set, its tags stay valid:
//! [`PurposeKeys::both`] and [`PurposeKeys::verify`] cover both keys.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

/// The block size of SHA-256, in bytes. HMAC pads a shorter key to this size with zeros, so such a key never fails.
const BLOCK: usize = 64;
/// Length of a key and of a tag, in bytes.
pub const TAG_LENGTH: usize = 32;

/// The keys of each purpose.
#[derive(Debug)]
pub struct DerivedKeys {
    /// Derives the successor of a refresh token.
    pub refresh: PurposeKeys,
    /// Signs device tokens.
    pub device: PurposeKeys,
    /// Derives the token of a link in a mail.
    pub link: PurposeKeys,
    /// Pseudonymizes a submitted id that belongs to no user.
    pub unknown_account: PurposeKeys,
}

/// The keys of one purpose.
#[derive(Debug)]
pub struct PurposeKeys {
    /// Signs and verifies.
    pub current: DerivedKey,
    /// Verifies tags from before the last change of `SECRET_KEY`.
    pub previous: Option<DerivedKey>,
}

/// A key of 256 bits for HMAC-SHA256.
pub struct DerivedKey(SecretBox<[u8; BLOCK]>);

impl DerivedKeys {
    /// Derives the keys from `SECRET_KEY` and `SECRET_KEY_PREVIOUS`.
    pub fn new(current: &SecretString, previous: Option<&SecretString>) -> Self {
        let keys = |purpose: &str| PurposeKeys {
            current: DerivedKey::derive(current, purpose),
            previous: previous.map(|secret| DerivedKey::derive(secret, purpose)),
        };
        Self {
            refresh: keys("steward refresh key v1"),
            device: keys("steward device key v1"),
            link: keys("steward link key v1"),
            unknown_account: keys("steward nobody key v1"),
        }
    }
}

impl PurposeKeys {
    /// Returns the current key, then the previous key if it is set.
    pub fn both(&self) -> impl Iterator<Item = &DerivedKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// Returns whether `tag` is the tag of these fields under one of the keys.
    pub fn verify(&self, fields: &[&[u8]], tag: &[u8]) -> bool {
        self.both().any(|key| key.verify(fields, tag))
    }
}

impl DerivedKey {
    /// Returns the HMAC-SHA256 of these fields. Each field is prefixed with its length, so that the boundaries are part
    /// of the input.
    pub fn tag(&self, fields: &[&[u8]]) -> [u8; TAG_LENGTH] {
        self.mac(fields).finalize().into_bytes().into()
    }

    /// Returns whether `tag` is the tag of these fields under this key. Compares in constant time.
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

/// Computes HKDF-SHA256 without a salt and with the output length of one hash: extract, then the first block of expand.
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

    fn derive(current: &str, previous: Option<&str>) -> DerivedKeys {
        DerivedKeys::new(&current.into(), previous.map(SecretString::from).as_ref())
    }

    #[test]
    fn hkdf_matches_the_test_vector_of_the_rfc() {
        // RFC 5869, A.3: the first 32 bytes of the output.
        let key = hkdf(&[0x0b; 22], b"");
        assert_eq!(key[..8], [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
        assert_eq!(key[24..], [0xc3, 0x45, 0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d]);
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let keys = derive(KEY, None);
        let tag = keys.refresh.current.tag(&[b"token"]);
        assert!(keys.refresh.verify(&[b"token"], &tag));
        assert!(!keys.device.verify(&[b"token"], &tag));
        assert!(!keys.refresh.verify(&[b"token"], &tag[..31]) && !keys.refresh.verify(&[b"token"], &[]));
    }

    #[test]
    fn field_boundaries_change_the_tag() {
        let key = derive(KEY, None).device.current;
        assert_ne!(key.tag(&[b"ab", b"c"]), key.tag(&[b"a", b"bc"]));
        assert_ne!(key.tag(&[b"abc"]), key.tag(&[b"abc", b""]));
    }

    #[test]
    fn the_previous_key_verifies_until_it_is_removed() {
        let tag = derive(OLD_KEY, None).device.current.tag(&[b"device"]);
        let rotating = derive(KEY, Some(OLD_KEY)).device;
        assert!(rotating.verify(&[b"device"], &tag));
        assert_ne!(rotating.current.tag(&[b"device"]), tag, "the new key signs");
        assert!(!derive(KEY, None).device.verify(&[b"device"], &tag));
    }

    #[test]
    fn debug_output_redacts_the_key() {
        assert_eq!(format!("{:?}", derive(KEY, None).refresh.current), "DerivedKey(…)");
    }
}
