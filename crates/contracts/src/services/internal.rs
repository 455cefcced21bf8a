//! Bodies of `/internal/*`, which only services exchange.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{AuthenticatedSession, Invalid, LinkId, SessionId, SessionRequirement, TokenHash, UnboundLink};

use super::PasswordRejection;
use crate::bodies::{InvitationBody, InvitationState, UserBody, UserRole, instant};

/// Path of the call that checks tokens: [`AuthenticateRequest`] to [`AuthenticateResponse`].
pub const AUTHENTICATE: &str = "/internal/authenticate";
/// Path of the call that resets a password: [`ResetPasswordCall`] to [`ResetPasswordOutcome`].
pub const RESET_PASSWORD: &str = "/internal/reset-password";
/// Path of the call that creates an account: [`CreateUserCall`] to [`CreateUserOutcome`].
pub const CREATE_USER: &str = "/internal/create-user";
/// Path of the call that mails a link to set a password: [`SendPasswordLinkCall`] to [`ResetPasswordOutcome`].
pub const SEND_PASSWORD_LINK: &str = "/internal/send-password-link";
/// Path of the call that generates a link: `null` to [`GeneratedLink`].
pub const GENERATE_LINK: &str = "/internal/generate-link";
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

/// A request to mail a link with which a user sets a password.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendPasswordLinkCall {
    /// Bearer token of the caller.
    pub caller: String,
    /// User id of the target.
    pub target: String,
    /// The caller's address.
    pub ip_address: Option<String>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
}

/// A link for a mail, without its token.
#[derive(Debug, Serialize, Deserialize)]
pub struct GeneratedLink {
    /// The id.
    pub id: Vec<u8>,
    /// The hash of the token.
    pub token_hash: Vec<u8>,
}

impl From<UnboundLink> for GeneratedLink {
    fn from(link: UnboundLink) -> Self {
        Self { id: link.id.as_bytes().to_vec(), token_hash: link.token_hash.as_bytes().to_vec() }
    }
}

impl TryFrom<GeneratedLink> for UnboundLink {
    type Error = Invalid;

    fn try_from(link: GeneratedLink) -> Result<Self, Invalid> {
        Ok(Self {
            id: LinkId::from_slice(&link.id).ok_or(Invalid::new("the id of the link has another length"))?,
            token_hash: TokenHash::from_slice(&link.token_hash)
                .ok_or(Invalid::new("the hash of the token has another length"))?,
        })
    }
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
    /// A link to set a password is mailed.
    LinkSent {
        /// User id of the target.
        user_id: String,
        /// The address that the mail goes to.
        recipient: String,
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
    /// The deployment sends no mails.
    MailOff,
    /// The account is inactive.
    Inactive,
    /// The queue of passwords to hash is full.
    Overloaded,
}

/// A request to create an account.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateUserCall {
    /// Bearer token of the caller.
    pub caller: String,
    /// User id of the account.
    pub user_id: String,
    /// The e-mail address.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The role.
    pub role: UserRole,
    /// Whether the account is active.
    pub is_active: bool,
    /// How the user gets a password.
    pub first_password: FirstPasswordBody,
    /// The caller's address.
    pub ip_address: Option<String>,
    /// The caller's user agent.
    pub user_agent: Option<String>,
}

/// How the user of a new account gets a password.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstPasswordBody {
    /// It is generated.
    Generated,
    /// It is this one.
    Chosen(String),
    /// The link of a mail sets it.
    ByMail,
}

/// The result of a request to create an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CreateUserOutcome {
    /// The account was created.
    Created {
        /// The user.
        user: UserBody,
        /// The generated password.
        temporary_password: Option<String>,
    },
    /// The caller's token is not valid.
    Unauthenticated,
    /// The caller lacks the permission.
    Denied {
        /// `Denied::code`
        code: String,
    },
    /// Another user has the user id.
    UserIdTaken,
    /// Another user has the address.
    EmailTaken,
    /// The user id is reserved.
    ReservedId,
    /// The password policy rejects the password.
    WeakPassword(PasswordRejection),
    /// The deployment sends no mails.
    MailOff,
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
    /// The language of the mail, as a BCP 47 tag. A service of the previous release omits it.
    #[serde(default)]
    pub locale: Option<String>,
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
