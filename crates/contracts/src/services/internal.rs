//! Bodies of `/internal/*`, which only services exchange.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{AuthenticatedSession, Invalid, SessionId};

use crate::bodies::{UserBody, instant};

/// Path of the call that checks tokens: [`AuthenticateRequest`] to [`AuthenticateResponse`].
pub const AUTHENTICATE: &str = "/internal/authenticate";
/// Path of the call that resets a password: [`ResetPasswordCall`] to [`ResetPasswordOutcome`].
pub const RESET_PASSWORD: &str = "/internal/reset-password";

/// Tokens to check. Concurrent requests share one call.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuthenticateRequest {
    /// The bearer tokens: 1 to [`AuthenticateRequest::MAX`].
    pub tokens: Vec<String>,
}

impl AuthenticateRequest {
    /// Maximum number of tokens per call.
    pub const MAX: usize = 64;
}

/// The result for each token, in the order of the request.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuthenticateResponse {
    /// The session; `null` if the token is invalid or was not checked.
    pub sessions: Vec<Option<SessionBody>>,
    /// Indexes, from 0, of the tokens that could not be checked. Their session is `null`, but they may be valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<usize>,
}

/// A valid session.
#[derive(Debug, Serialize, Deserialize)]
pub struct SessionBody {
    /// The session's id.
    pub sid: String,
    /// The user of the session.
    pub user: UserBody,
    /// Whether the user must change their password.
    pub must_change_password: bool,
    /// When the session expires.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: DateTime<Utc>,
    /// When the session was last used. A service of the previous release omits it.
    #[serde(default, serialize_with = "instant::serialize")]
    pub last_seen_at: DateTime<Utc>,
}

impl From<AuthenticatedSession> for SessionBody {
    fn from(session: AuthenticatedSession) -> Self {
        Self {
            sid: session.id.to_string(),
            must_change_password: session.user.must_change_password,
            user: session.user.into(),
            expires_at: session.expires_at,
            last_seen_at: session.last_seen_at,
        }
    }
}

impl TryFrom<SessionBody> for AuthenticatedSession {
    type Error = Invalid;

    fn try_from(body: SessionBody) -> Result<Self, Invalid> {
        Ok(Self {
            id: SessionId::parse(&body.sid)?,
            user: body.user.into_user(body.must_change_password)?,
            expires_at: body.expires_at,
            last_seen_at: body.last_seen_at,
        })
    }
}

/// A request to reset a password.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResetPasswordCall {
    /// Bearer token of the caller.
    pub caller: String,
    /// User id of the target.
    pub target: String,
    /// The new password, or none to generate one.
    pub password: Option<String>,
    /// The caller's address.
    pub ip_address: Option<String>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
}

/// The result of a request to reset a password.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ResetPasswordOutcome {
    /// The password was reset.
    Reset {
        /// User id of the target.
        user_id: String,
        /// The new password.
        temporary_password: String,
    },
    /// The caller's token is not valid.
    Unauthenticated,
    /// The caller lacks the permission.
    Denied {
        /// `Denied::code`
        code: String,
    },
    /// The user does not exist.
    NotFound,
    /// The password policy rejects the password.
    WeakPassword {
        /// The reason, in words for the caller.
        reason: String,
    },
    /// The queue of passwords to hash is full.
    Overloaded,
}
