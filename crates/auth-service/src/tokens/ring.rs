//! The verification keys, and the choice of the key for a token.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::ExposeSecret;
use steward_contracts::bodies::{JsonWebKey, JsonWebKeySet};

use super::header::KeyHint;
use super::{Claims, ISSUER, InvalidToken, PublicKey, TokenKeys};

/// Every key that a token may have been signed with.
pub(super) struct KeyRing {
    /// For tokens with a key id; the current key first.
    public: Vec<NamedKey>,
    /// For tokens without a key id; the current secret first.
    secrets: Vec<VerificationKey>,
}

struct NamedKey {
    key: VerificationKey,
    jwk: JsonWebKey,
}

/// A key and the only algorithm that it verifies (RFC 8725, section 3.1).
struct VerificationKey {
    key: DecodingKey,
    validation: Validation,
}

impl KeyRing {
    pub(super) fn new(keys: &TokenKeys) -> Self {
        let current = keys.signing_key.as_ref().map(|key| key.public().clone());
        let previous = keys.previous_signing_key.clone();
        let is_same = |a: &Option<PublicKey>, b: &PublicKey| a.as_ref().is_some_and(|a| a.id() == b.id());
        let previous = previous.filter(|key| !is_same(&current, key));
        let secrets = std::iter::once(&keys.current).chain(&keys.previous).filter(|_| keys.accept_hs256);
        Self {
            public: current.into_iter().chain(previous).map(NamedKey::new).collect(),
            secrets: secrets
                .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes()))
                .map(|key| VerificationKey::new(key, Algorithm::HS256))
                .collect(),
        }
    }

    /// Returns the claims of a token that one of the keys signed. The key id in the header selects the key. The header
    /// selects neither the algorithm nor a key of its own.
    pub(super) fn claims(&self, token: &str) -> Result<Claims, InvalidToken> {
        let hint = KeyHint::of(token)?;
        match hint.kid.as_deref() {
            Some(kid) => {
                let named = self.public.iter().find(|named| named.jwk.kid == kid).ok_or(InvalidToken)?;
                named.key.claims(token).map_err(|_| InvalidToken)
            }
            None => self.claims_by_secret(token),
        }
    }

    /// Returns the public keys.
    pub(super) fn published(&self) -> JsonWebKeySet {
        JsonWebKeySet { keys: self.public.iter().map(|named| named.jwk.clone()).collect() }
    }

    fn claims_by_secret(&self, token: &str) -> Result<Claims, InvalidToken> {
        for secret in &self.secrets {
            match secret.claims(token) {
                Ok(claims) => return Ok(claims),
                // The next secret may have signed the token.
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(_) => break,
            }
        }
        Err(InvalidToken)
    }
}

impl NamedKey {
    fn new(key: PublicKey) -> Self {
        let jwk = key.jwk().clone();
        Self { key: VerificationKey::new(key.verification, key.algorithm), jwk }
    }
}

impl VerificationKey {
    fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        let mut validation = Validation::new(algorithm);
        // `Tokens::verify` checks the times, with the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[ISSUER]);
        Self { key, validation }
    }

    fn claims(&self, token: &str) -> Result<Claims, Error> {
        jsonwebtoken::decode(token, &self.key, &self.validation).map(|token| token.claims)
    }
}
