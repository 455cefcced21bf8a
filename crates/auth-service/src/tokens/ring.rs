//! The keys that tokens are checked with, and which of them a token is checked with.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::ExposeSecret;
use steward_contracts::bodies::{JsonWebKey, JsonWebKeySet};

use super::header::Hint;
use super::{Claims, ISSUER, InvalidToken, PublicKey, TokenKeys};

/// Every key that a token may have been signed with.
pub(super) struct KeyRing {
    /// For tokens that name their key; the current one first.
    public: Vec<Named>,
    /// For tokens that name none; the current one first.
    secrets: Vec<CheckingKey>,
}

struct Named {
    key: CheckingKey,
    jwk: JsonWebKey,
}

/// A key and the one algorithm that it is for (RFC 8725, section 3.1).
struct CheckingKey {
    key: DecodingKey,
    validation: Validation,
}

impl KeyRing {
    pub(super) fn new(keys: &TokenKeys) -> Self {
        let current = keys.signing_key.as_ref().map(|key| key.public().clone());
        let previous = keys.previous_signing_key.clone();
        let same = |a: &Option<PublicKey>, b: &PublicKey| a.as_ref().is_some_and(|a| a.id() == b.id());
        let previous = previous.filter(|key| !same(&current, key));
        let secrets = std::iter::once(&keys.current).chain(&keys.previous).filter(|_| keys.accept_hs256);
        Self {
            public: current.into_iter().chain(previous).map(Named::new).collect(),
            secrets: secrets
                .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes()))
                .map(|key| CheckingKey::new(key, Algorithm::HS256))
                .collect(),
        }
    }

    /// The claims of a token that one of the keys signed. The token says which key by its id, and nothing else about
    /// how it is to be checked: neither an algorithm nor a key of its own.
    pub(super) fn claims(&self, token: &str) -> Result<Claims, InvalidToken> {
        let hint = Hint::of(token)?;
        match hint.kid.as_deref() {
            Some(kid) => {
                let named = self.public.iter().find(|named| named.jwk.kid == kid).ok_or(InvalidToken)?;
                named.key.claims(token).map_err(|_| InvalidToken)
            }
            None => self.claims_by_secret(token),
        }
    }

    /// The keys that others may check tokens with.
    pub(super) fn published(&self) -> JsonWebKeySet {
        JsonWebKeySet { keys: self.public.iter().map(|named| named.jwk.clone()).collect() }
    }

    fn claims_by_secret(&self, token: &str) -> Result<Claims, InvalidToken> {
        for secret in &self.secrets {
            match secret.claims(token) {
                Ok(claims) => return Ok(claims),
                // Perhaps signed with the secret before this one.
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(_) => break,
            }
        }
        Err(InvalidToken)
    }
}

impl Named {
    fn new(key: PublicKey) -> Self {
        let jwk = key.jwk().clone();
        Self { key: CheckingKey::new(key.checking, key.algorithm), jwk }
    }
}

impl CheckingKey {
    fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        let mut validation = Validation::new(algorithm);
        // Times are checked against the clock that was passed in, not against the system's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[ISSUER]);
        Self { key, validation }
    }

    fn claims(&self, token: &str) -> Result<Claims, Error> {
        jsonwebtoken::decode(token, &self.key, &self.validation).map(|token| token.claims)
    }
}
