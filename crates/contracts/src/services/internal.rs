//! Bodies of `/internal/*`: what services say to each other, and to nobody else.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{AuthenticatedSession, Invalid, SessionId};

use crate::bodies::{UserBody, instant};

/// Path of the call that checks tokens: [`AuthenticateRequest`] to [`AuthenticateResponse`].
pub const AUTHENTICATE: &str = "/internal/authenticate";
/// Path of the call that resets a password: [`ResetPasswordCall`] to [`ResetPasswordOutcome`].
pub const RESET_PASSWORD: &str = "/internal/reset-password";

/// Tokens to be checked; those that arrive together travel together.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuthenticateRequest {
    /// The bearer tokens, 1 to [`AuthenticateRequest::MAX`].
    pub tokens: Vec<String>,
}

impl AuthenticateRequest {
    /// Most tokens in one call.
    pub const MAX: usize = 64;
}

/// What became of each token, in the order they were sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuthenticateResponse {
    /// The session, `null` where the token is not valid.
    pub sessions: Vec<Option<SessionBody>>,
    /// Which of them, counted from 0, are `null` because they could not be checked; nobody can say whether they are
    /// valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<usize>,
}

/// A session that is good at this moment.
#[derive(Debug, Serialize, Deserialize)]
pub struct SessionBody {
    /// The session's id.
    pub sid: String,
    /// Whose it is.
    pub user: UserBody,
    /// Whether that user is to replace their password.
    pub must_change_password: bool,
    /// When it ends by itself.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: DateTime<Utc>,
    /// When it was last used; a service of the release before does not tell.
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

/// A password to be reset.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResetPasswordCall {
    /// Bearer token of who asks.
    pub caller: String,
    /// Whose password.
    pub target: String,
    /// The new one, or none to have one made up.
    pub password: Option<String>,
    /// The asker's address.
    pub ip_address: Option<String>,
    /// The asker's browser or program.
    pub user_agent: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ResetPasswordOutcome {
    /// It was reset.
    Reset {
        /// Whose password it is.
        user_id: String,
        /// What it is now.
        temporary_password: String,
    },
    /// The asker's token is not valid.
    Unauthenticated,
    /// The asker may not.
    Denied {
        /// `Denied::code`
        code: String,
    },
    /// There is no such user.
    NotFound,
    /// The password is not good enough.
    WeakPassword {
        /// Why, in words for whoever sent it.
        reason: String,
    },
    /// More passwords wait to be hashed than can be soon.
    Overloaded,
}
