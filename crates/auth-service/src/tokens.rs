//! Access tokens: JWT (RFC 7519) bearer tokens, signed with a secret (HS256) or with a private key (`EdDSA` or ES256).
//!
//! - [`key_file`]: reads private and public keys from PEM.
//! - [`public_key`]: a public key, its id and its JWK.
//! - `ring`: the verification keys, and the choice of the key for a token.
//! - `header`: the header fields that are read before the signature is verified.
//! - `cache`: tokens that were validated before.

pub mod key_file;
pub mod public_key;

mod cache;
mod header;
mod ring;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use steward_contracts::bodies::{JsonWebKeySet, UserRole};
use steward_domain::{SessionId, Timestamp, User};

pub use key_file::{InvalidKey, SigningKey};
pub use public_key::PublicKey;

use cache::TokenCache;
use ring::KeyRing;

/// The issuer: the `iss` claim.
pub const ISSUER: &str = "steward";
/// Maximum length of a token, in bytes. The longest issued token has about 800.
pub const MAX_LENGTH: usize = 4096;

/// The keys that sign and verify tokens; the secrets have at least 32 bytes.
#[derive(Debug, Clone)]
pub struct TokenKeys {
    /// Signs if there is no `signing_key`, and verifies.
    pub current: SecretString,
    /// Verifies only, until the last token that it signed has expired.
    pub previous: Option<SecretString>,
    /// Signs instead of the secret, and verifies.
    pub signing_key: Option<SigningKey>,
    /// Verifies only: the predecessor or the successor of the `signing_key`.
    pub previous_signing_key: Option<PublicKey>,
    /// Whether tokens that the secrets signed are valid. MUST be true if there is no `signing_key`.
    pub accept_hs256: bool,
}

impl TokenKeys {
    /// Returns keys that sign and verify with one secret.
    pub fn secret(current: SecretString) -> Self {
        Self { current, previous: None, signing_key: None, previous_signing_key: None, accept_hs256: true }
    }
}

/// Signs and verifies tokens.
pub struct Tokens {
    signing: EncodingKey,
    header: Header,
    ring: KeyRing,
    cache: TokenCache,
}

/// The claims of a token; all are required.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    user_id: String,
    role: UserRole,
    sid: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    iss: String,
}

/// The session and user that a valid token names. Whether the session is active, and the user's current rights, is read
/// from storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSubject {
    /// The session.
    pub session: SessionId,
    /// The user's id.
    pub user_id: String,
}

/// The result of validating a token, with its validity period in seconds since the epoch.
#[derive(Debug)]
struct ValidatedToken {
    subject: TokenSubject,
    valid_from: i64,
    expires_at: i64,
}

impl TryFrom<Claims> for ValidatedToken {
    type Error = InvalidToken;

    fn try_from(claims: Claims) -> Result<Self, InvalidToken> {
        let session = SessionId::parse(&claims.sid).map_err(|_| InvalidToken)?;
        // A token that is valid from its issue is accepted even before that time: the clock was set back, or the
        // issuer's is ahead.
        let valid_from = if claims.nbf > claims.iat { claims.nbf } else { i64::MIN };
        Ok(Self { subject: TokenSubject { session, user_id: claims.sub }, valid_from, expires_at: claims.exp })
    }
}

/// The parameters of a new token.
#[derive(Debug, Clone, Copy)]
pub struct Issue {
    /// The session.
    pub session: SessionId,
    /// The time of issue.
    pub at: Timestamp,
    /// The expiry: the token is invalid from this time on.
    pub until: Timestamp,
}

/// The token is malformed, its signature is not valid, or it is not valid at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

impl Tokens {
    /// Creates a signer with the signing key, or else the current secret. All keys verify.
    pub fn new(keys: &TokenKeys) -> Self {
        let (signing, header) = if let Some(key) = &keys.signing_key {
            let kid = Some(key.public().id().to_owned());
            (key.signing.clone(), Header { kid, ..Header::new(key.public().algorithm) })
        } else {
            let secret = keys.current.expose_secret().as_bytes();
            (EncodingKey::from_secret(secret), Header::new(Algorithm::HS256))
        };
        Self { signing, header, ring: KeyRing::new(keys), cache: TokenCache::default() }
    }

    /// Returns the public keys that verify tokens.
    pub fn published(&self) -> JsonWebKeySet {
        self.ring.published()
    }

    /// Signs a token for a session of `user`.
    pub fn sign(&self, issue: &Issue, user: &User, id: String) -> Result<String, jsonwebtoken::errors::Error> {
        let issued_at = issue.at.timestamp();
        let claims = Claims {
            sub: user.user_id.to_string(),
            user_id: user.user_id.to_string(),
            role: user.role.into(),
            sid: issue.session.to_string(),
            jti: id,
            iat: issued_at,
            nbf: issued_at,
            exp: issue.until.timestamp(),
            iss: ISSUER.to_owned(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
    }

    /// Returns the session and user that `token` names if it is valid at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<TokenSubject, InvalidToken> {
        if token.len() > MAX_LENGTH {
            return Err(InvalidToken);
        }
        let validated = self.cache.get_or_validate(token, || self.ring.claims(token)?.try_into())?;
        let now = now.timestamp();
        if now < validated.valid_from || now >= validated.expires_at {
            return Err(InvalidToken);
        }
        Ok(validated.subject.clone())
    }
}

#[cfg(test)]
mod confusion;
#[cfg(test)]
mod rotation;
#[cfg(test)]
pub(crate) mod tests;
