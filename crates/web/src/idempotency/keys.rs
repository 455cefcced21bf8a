use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use steward_contracts::services::ServiceKey;
use steward_domain::ports::{Fingerprint, KeyHash};

/// The block size of SHA-256, in bytes. HMAC pads a shorter key to this size with zeros, so such a key never fails.
const BLOCK: usize = 64;

/// The keys for fingerprints and answers. Every process of a deployment derives the same ones.
pub(super) struct AnswerKeys {
    fingerprint: DerivedKey,
    answer: DerivedKey,
}

struct DerivedKey(SecretBox<[u8; BLOCK]>);

impl AnswerKeys {
    pub(super) fn derived_from(key: &ServiceKey) -> Self {
        Self {
            fingerprint: DerivedKey::new(key, "steward idempotency fingerprint v1"),
            answer: DerivedKey::new(key, "steward idempotency answer v1"),
        }
    }

    /// Returns the fingerprint of a request with these parts. A hash without a key would permit to guess a password in
    /// the body.
    pub(super) fn fingerprint(&self, parts: &[&[u8]]) -> Fingerprint {
        Fingerprint(self.fingerprint.tag(parts))
    }

    /// Returns the key that encrypts the answers under an idempotency key.
    pub(super) fn of_answers(&self, key: &KeyHash) -> SecretBox<[u8; 32]> {
        SecretBox::new(Box::new(self.answer.tag(&[&key.0])))
    }
}

impl DerivedKey {
    fn new(key: &ServiceKey, purpose: &str) -> Self {
        let derived = SecretBox::new(Box::new(key.derive(purpose)));
        let mut padded = Box::new([0; BLOCK]);
        padded[..32].copy_from_slice(derived.expose_secret());
        Self(SecretBox::new(padded))
    }

    /// Each part is prefixed with its length, so that the boundaries are part of the input.
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(self.0.expose_secret().into());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}
