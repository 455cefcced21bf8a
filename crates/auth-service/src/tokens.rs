//! Bearer tokens: JWT (RFC 7519), signed with a secret (HS256), or with a private key whose public half anyone may have
//! (`EdDSA` or ES256).
//!
//! - [`key_file`]: private and public keys as they stand in files.
//! - [`public_key`]: a public key, its name and its form for others.
//! - `ring`: the keys that check, and which of them checks a token.
//! - `header`: what is believed of a token before it is checked.
//! - `verified`: tokens that were checked before.

pub mod key_file;
pub mod public_key;

mod header;
mod ring;
mod verified;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use steward_contracts::bodies::{JsonWebKeySet, UserRole};
use steward_domain::{SessionId, Timestamp, User};

pub use key_file::{InvalidKey, SigningKey};
pub use public_key::PublicKey;

use ring::KeyRing;
use verified::TokenCache;

/// Who signs: the `iss` claim.
pub const ISSUER: &str = "steward";
/// Longest token that is looked at, in bytes; the longest that is ever made has some 800.
pub const MAX_LENGTH: usize = 4096;

/// The keys that tokens are signed and checked with; the secrets have 32 bytes at least.
#[derive(Debug, Clone)]
pub struct TokenKeys {
    /// Signs where there is no `signing_key`, and checks.
    pub current: SecretString,
    /// Checks only, until the last token it signed has expired.
    pub previous: Option<SecretString>,
    /// Signs instead of the secret, and checks.
    pub signing_key: Option<SigningKey>,
    /// Checks only: the key before the `signing_key`, or the one that comes after it.
    pub previous_signing_key: Option<PublicKey>,
    /// Whether what the secrets signed is still good. MUST be true where there is no `signing_key`.
    pub accept_hs256: bool,
}

impl TokenKeys {
    /// Keys that sign with a secret, and check with it alone.
    pub fn secret(current: SecretString) -> Self {
        Self { current, previous: None, signing_key: None, previous_signing_key: None, accept_hs256: true }
    }
}

/// Signs and checks tokens.
pub struct Tokens {
    signing: EncodingKey,
    header: Header,
    ring: KeyRing,
    verified: TokenCache,
}

/// Everything that a token says; all of it must be there.
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

/// What a valid token vouches for: that this session was opened for this user. Whether it still is open, and what the
/// user may do now, is storage's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSubject {
    /// The session.
    pub session: SessionId,
    /// The user's id.
    pub subject: String,
}

/// What a token with a good signature vouches for, and when: from one to another second since the epoch.
#[derive(Debug)]
struct ValidatedToken {
    grant: TokenSubject,
    begins: i64,
    ends: i64,
}

impl TryFrom<Claims> for ValidatedToken {
    type Error = InvalidToken;

    fn try_from(claims: Claims) -> Result<Self, InvalidToken> {
        let session = SessionId::parse(&claims.sid).map_err(|_| InvalidToken)?;
        // A token that is valid from its issue on says nothing of the future: if it seems to, it was signed before the clock
        // was set back, or by a process whose clock is ahead.
        let begins = if claims.nbf > claims.iat { claims.nbf } else { i64::MIN };
        Ok(Self { grant: TokenSubject { session, subject: claims.sub }, begins, ends: claims.exp })
    }
}

/// What a token is made for.
#[derive(Debug, Clone, Copy)]
pub struct Issue {
    /// The session.
    pub session: SessionId,
    /// Now.
    pub at: Timestamp,
    /// From when on the token is no good any more.
    pub until: Timestamp,
}

/// The token is not one of ours, or not of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

impl Tokens {
    /// Signs with the signing key, or else with the current secret; checks with all.
    pub fn new(keys: &TokenKeys) -> Self {
        let (signing, header) = if let Some(key) = &keys.signing_key {
            let kid = Some(key.public().id().to_owned());
            (key.signing.clone(), Header { kid, ..Header::new(key.public().algorithm) })
        } else {
            let secret = keys.current.expose_secret().as_bytes();
            (EncodingKey::from_secret(secret), Header::new(Algorithm::HS256))
        };
        Self { signing, header, ring: KeyRing::new(keys), verified: TokenCache::default() }
    }

    /// The keys with which others may check tokens themselves.
    pub fn published(&self) -> JsonWebKeySet {
        self.ring.published()
    }

    /// A token for a session of `user`.
    pub fn sign(&self, issue: &Issue, user: &User, id: String) -> Result<String, jsonwebtoken::errors::Error> {
        let begins = issue.at.timestamp();
        let claims = Claims {
            sub: user.user_id.to_string(),
            user_id: user.user_id.to_string(),
            role: user.role.into(),
            sid: issue.session.to_string(),
            jti: id,
            iat: begins,
            nbf: begins,
            exp: issue.until.timestamp(),
            iss: ISSUER.to_owned(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
    }

    /// What `token` vouches for at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<TokenSubject, InvalidToken> {
        if token.len() > MAX_LENGTH {
            return Err(InvalidToken);
        }
        let vouched = self.verified.vouched(token, || self.ring.claims(token)?.try_into())?;
        let now = now.timestamp();
        if now < vouched.begins || now >= vouched.ends {
            return Err(InvalidToken);
        }
        Ok(vouched.grant.clone())
    }
}

#[cfg(test)]
mod confusion;
#[cfg(test)]
mod rotation;
#[cfg(test)]
pub(crate) mod tests;
