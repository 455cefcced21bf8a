use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{self as domain, Email, Invalid, Locale, Timestamp, UserId};
use utoipa::ToSchema;

use super::{UserRole, instant};

/// An invitation to send.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"email": "kim@example.com", "role": "user"}))]
#[serde(deny_unknown_fields)]
pub struct InvitationRequest {
    /// The address that the mail goes to. The account gets it, too.
    #[schema(format = Email, max_length = 255)]
    pub email: String,
    /// The role of the account; `user` by default. Only a super_admin can invite an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// The language of the mail, as a BCP 47 tag; the first one of `Accept-Language` by default. There are English and
    /// Korean texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ko", max_length = 35)]
    pub locale: Option<String>,
}

/// The state of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Its last link is valid.
    Pending,
    /// The account was created.
    Accepted,
    /// An administrator revoked it.
    Revoked,
    /// Its last link has expired. It can be sent again.
    Expired,
}

impl InvitationState {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        domain::InvitationState::from(self).as_str()
    }
}

impl From<domain::InvitationState> for InvitationState {
    fn from(state: domain::InvitationState) -> Self {
        match state {
            domain::InvitationState::Pending => Self::Pending,
            domain::InvitationState::Accepted => Self::Accepted,
            domain::InvitationState::Revoked => Self::Revoked,
            domain::InvitationState::Expired => Self::Expired,
        }
    }
}

impl From<InvitationState> for domain::InvitationState {
    fn from(state: InvitationState) -> Self {
        match state {
            InvitationState::Pending => Self::Pending,
            InvitationState::Accepted => Self::Accepted,
            InvitationState::Revoked => Self::Revoked,
            InvitationState::Expired => Self::Expired,
        }
    }
}

/// An invitation to create an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationBody {
    /// Number of the invitation. Later invitations have larger numbers.
    #[schema(example = 7)]
    pub id: i64,
    /// The address that the mail goes to.
    #[schema(example = "kim@example.com", format = Email)]
    pub email: String,
    /// The role of the account.
    pub role: UserRole,
    /// The language of the mail, as a BCP 47 tag; null for the default.
    #[serde(default)]
    #[schema(example = "ko")]
    pub locale: Option<String>,
    /// The state.
    pub state: InvitationState,
    /// User id of the administrator who created the invitation.
    #[schema(example = "admin")]
    pub invited_by: String,
    /// The administrator's name at that time.
    #[schema(example = "System Administrator")]
    pub invited_by_name: String,
    /// When the invitation was created.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When the last link that was sent expires.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: DateTime<Utc>,
    /// When the account was created; null before.
    #[serde(serialize_with = "instant::option::serialize")]
    pub accepted_at: Option<DateTime<Utc>>,
    /// When an administrator revoked the invitation; null otherwise.
    #[serde(serialize_with = "instant::option::serialize")]
    pub revoked_at: Option<DateTime<Utc>>,
    /// User id of the account that was created; null before.
    #[schema(example = "kim")]
    pub user_id: Option<String>,
}

impl InvitationBody {
    /// Describes an invitation at `now`.
    pub fn new(invitation: domain::Invitation, now: Timestamp) -> Self {
        Self {
            state: invitation.state(now).into(),
            id: invitation.id,
            email: invitation.address.into(),
            role: invitation.role.into(),
            locale: invitation.locale.map(|locale| locale.to_string()),
            invited_by: invitation.inviter_id,
            invited_by_name: invitation.inviter_name,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            accepted_at: invitation.accepted_at,
            revoked_at: invitation.revoked_at,
            user_id: invitation.accepted_user.map(Into::into),
        }
    }
}

impl TryFrom<InvitationBody> for domain::Invitation {
    type Error = Invalid;

    fn try_from(body: InvitationBody) -> Result<Self, Invalid> {
        Ok(Self {
            id: body.id,
            address: Email::from_stored(body.email),
            role: body.role.into(),
            locale: body.locale.as_deref().map(Locale::parse).transpose()?,
            inviter_id: body.invited_by,
            inviter_name: body.invited_by_name,
            created_at: body.created_at,
            expires_at: body.expires_at,
            accepted_at: body.accepted_at,
            revoked_at: body.revoked_at,
            accepted_user: body.user_id.as_deref().map(UserId::parse).transpose()?,
        })
    }
}

/// One page of invitations, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationPage {
    /// The invitations.
    pub items: Vec<InvitationBody>,
    /// Number of matching invitations, counted up to 1,000.
    #[schema(example = 7)]
    pub total: u64,
    /// Whether `total` is exact. It is exact up to 1,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// Maximum number of invitations per page.
    #[schema(example = 10)]
    pub page_size: u32,
    /// Number of pages for `total` invitations.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// Cursor for the next page; null on the last page.
    pub next_cursor: Option<String>,
}

/// The account of an invited user, permitted by the link of a mail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "token": "JX1Ih5a2fJ0nJkzE1WZ7b8l3m0n8mJ1fQ2c9s7d6e5w", "user_id": "kim", "name": "Kim", "password": "correct horse"
}))]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitationRequest {
    /// The token of the link.
    #[schema(max_length = 100, pattern = "^[A-Za-z0-9_-]*$")]
    pub token: String,
    /// The id to sign in with, unique in any case.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    pub user_id: String,
    /// The display name.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: String,
    /// The password: 8 characters to 72 bytes, counted in the form of the `OpaqueString` profile (RFC 8265).
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub password: String,
}
