//! Bodies of `/internal/*`, which only services exchange.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{AuthenticatedSession, Invalid, SessionId, SessionRequirement};

use super::PasswordRejection;
use crate::bodies::{InvitationBody, InvitationState, UserBody, UserRole, instant};

/// Path of the call that checks tokens: [`AuthenticateRequest`] to [`AuthenticateResponse`].
pub const AUTHENTICATE: &str = "/internal/authenticate";
/// Path of the call that resets a password: [`ResetPasswordCall`] to [`ResetPasswordOutcome`].
pub const RESET_PASSWORD: &str = "/internal/reset-password";
/// Path of the call that sends an invitation: [`InviteCall`] to [`InviteOutcome`].
pub const INVITE: &str = "/internal/invite";
/// Path of the call that sends an invitation again: [`ResendInvitationCall`] to [`InviteOutcome`].
pub const RESEND_INVITATION: &str = "/internal/resend-invitation";

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
            must_change_password: session.requirements.contains(SessionRequirement::ChangePassword),
            user: session.user.into(),
            expires_at: session.expires_at,
            last_seen_at: session.last_seen_at,
        }
    }
}

impl TryFrom<SessionBody> for AuthenticatedSession {
    type Error = Invalid;

    fn try_from(body: SessionBody) -> Result<Self, Invalid> {
        let user = body.user.into_user(body.must_change_password)?;
        Ok(Self::new(SessionId::parse(&body.sid)?, user, body.expires_at, body.last_seen_at))
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
    WeakPassword(PasswordRejection),
    /// The queue of passwords to hash is full.
    Overloaded,
}

/// A request to send an invitation.
#[derive(Debug, Serialize, Deserialize)]
pub struct InviteCall {
    /// Bearer token of the caller.
    pub caller: String,
    /// The address to invite.
    pub email: String,
    /// The role of the account.
    pub role: UserRole,
    /// The caller's address.
    pub ip_address: Option<String>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
}

/// A request to send an invitation again.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResendInvitationCall {
    /// Bearer token of the caller.
    pub caller: String,
    /// Number of the invitation.
    pub id: i64,
    /// The caller's address.
    pub ip_address: Option<String>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
}

/// The result of a request to send an invitation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum InviteOutcome {
    /// The invitation was sent.
    Invited {
        /// The invitation.
        invitation: InvitationBody,
    },
    /// The caller's token is not valid.
    Unauthenticated,
    /// The caller lacks the permission.
    Denied {
        /// `Denied::code`
        code: String,
    },
    /// The deployment sends no mails.
    MailOff,
    /// A user has the address.
    Registered,
    /// Another invitation for the address is pending.
    Pending,
    /// The invitation does not exist.
    NotFound,
    /// The invitation was accepted or revoked.
    Closed {
        /// The state.
        state: InvitationState,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn services_of_different_releases_exchange_a_required_password_change() {
        for must_change_password in [false, true] {
            let body = json!({
                "sid": "0123456789abcdef0123456789abcdef",
                "user": {
                    "id": 1, "user_id": "alice", "email": "alice@example.com", "name": "Alice", "role": "user",
                    "is_active": true, "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
                    "last_login": null,
                },
                "must_change_password": must_change_password,
                "expires_at": "2026-01-02T04:04:05Z",
            });
            let session = AuthenticatedSession::try_from(from_value::<SessionBody>(body).unwrap()).unwrap();
            assert_eq!(session.user.must_change_password, must_change_password);
            let expected = must_change_password.then_some(SessionRequirement::ChangePassword);
            assert_eq!(session.requirements.first(), expected);
            let body = to_value(SessionBody::from(session)).unwrap();
            assert_eq!(body["must_change_password"], must_change_password);
        }
    }
}
