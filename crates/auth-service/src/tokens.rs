//! Bearer tokens: JWT (RFC 7519), signed with HS256 and nothing else.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use steward_contracts::bodies::UserRole;
use steward_domain::{NewSession, SessionId, Timestamp, User};

/// Who signs: the `iss` claim.
pub const ISSUER: &str = "steward";
/// Longest token that is looked at, in bytes; the longest that is ever made has some 650.
pub const MAX_LENGTH: usize = 4096;
/// How far ahead the clock of another process that signs may be, in seconds. The end of a token has no such leeway,
/// since its session ends at that moment too.
pub const NOT_BEFORE_LEEWAY: i64 = 30;

/// The keys that tokens are signed and checked with, 32 bytes at least.
#[derive(Debug, Clone)]
pub struct TokenKeys {
    /// Signs, and checks.
    pub current: SecretString,
    /// Checks only, until the last token it signed has expired.
    pub previous: Option<SecretString>,
}

/// Signs and checks tokens.
pub struct Tokens {
    signing: EncodingKey,
    /// The current key first.
    checking: Vec<DecodingKey>,
    header: Header,
    validation: Validation,
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
pub struct Grant {
    /// The session.
    pub session: SessionId,
    /// The user's id.
    pub subject: String,
}

/// The token is not one of ours, or not of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

impl Tokens {
    /// Signs with the current key, checks with both.
    pub fn new(keys: &TokenKeys) -> Self {
        let checking = std::iter::once(&keys.current)
            .chain(&keys.previous)
            .map(|key| DecodingKey::from_secret(key.expose_secret().as_bytes()))
            .collect();
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are checked against the clock that was passed in, not against the system's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[ISSUER]);
        Self {
            signing: EncodingKey::from_secret(keys.current.expose_secret().as_bytes()),
            checking,
            header: Header::new(Algorithm::HS256),
            validation,
        }
    }

    /// A token for a session that was just opened for `user`.
    pub fn sign(&self, session: &NewSession, user: &User, id: String) -> Result<String, jsonwebtoken::errors::Error> {
        let begins = session.created_at.timestamp();
        let claims = Claims {
            sub: user.user_id.to_string(),
            user_id: user.user_id.to_string(),
            role: user.role.into(),
            sid: session.id.to_string(),
            jti: id,
            iat: begins,
            nbf: begins,
            exp: session.expires_at.timestamp(),
            iss: ISSUER.to_owned(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
    }

    /// What `token` vouches for at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Grant, InvalidToken> {
        if token.len() > MAX_LENGTH {
            return Err(InvalidToken);
        }
        let claims = self.claims(token)?;
        let now = now.timestamp();
        if now >= claims.exp || now < claims.nbf.saturating_sub(NOT_BEFORE_LEEWAY) {
            return Err(InvalidToken);
        }
        let session = SessionId::parse(&claims.sid).map_err(|_| InvalidToken)?;
        Ok(Grant { session, subject: claims.sub })
    }

    fn claims(&self, token: &str) -> Result<Claims, InvalidToken> {
        for key in &self.checking {
            match jsonwebtoken::decode(token, key, &self.validation) {
                Ok(token) => return Ok(token.claims),
                // Perhaps signed with the key before this one.
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(_) => break,
            }
        }
        Err(InvalidToken)
    }
}

#[cfg(test)]
mod tests;
