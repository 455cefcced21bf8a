use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{SessionId, SessionRecord, device};
use utoipa::ToSchema;

use super::UserRole;

/// A refresh token to exchange.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"refresh_token": "4Ykq0Zx7vPzYzZ5b0o8X2m3Jq6dX9uWl1tRk7Nf0aBc"}))]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// The refresh token, unchanged.
    #[schema(format = Password)]
    pub refresh_token: String,
}

/// The sessions to end.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogoutAllRequest {
    /// Whether the current session continues; false by default.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub keep_current: bool,
}

/// A session of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnSession {
    /// The session's id, which is the `sid` of its tokens.
    #[schema(example = "0f8fad5bd9cb469fa16570867728950e")]
    pub id: String,
    /// The time of the sign-in.
    pub created_at: DateTime<Utc>,
    /// When the session was last used, accurate to about a minute.
    pub last_seen_at: DateTime<Utc>,
    /// When the session ends unless it is refreshed earlier.
    pub expires_at: DateTime<Utc>,
    /// The address of the sign-in.
    #[schema(example = "203.0.113.7")]
    pub ip_address: Option<String>,
    /// The user agent of the sign-in.
    #[schema(example = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0")]
    pub user_agent: Option<String>,
    /// A readable name for the user agent; an estimate.
    #[schema(example = "Firefox on Windows")]
    pub device: String,
    /// Whether it is the current session.
    pub current: bool,
}

impl OwnSession {
    /// Describes `record` to the user whose session is `current`.
    pub fn of(record: SessionRecord, current: SessionId) -> Self {
        Self {
            current: record.id == current,
            id: record.id.to_string(),
            created_at: record.created_at,
            last_seen_at: record.last_seen_at,
            expires_at: record.expires_at,
            device: device::describe(record.origin.user_agent.as_deref()),
            ip_address: record.origin.ip_address,
            user_agent: record.origin.user_agent,
        }
    }
}

/// The caller's valid sessions, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OwnSessions {
    /// The newest 100 sessions.
    pub items: Vec<OwnSession>,
    /// Number of sessions, counted up to 1,000.
    #[schema(example = 2)]
    pub total: u64,
}

/// A session of any user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSession {
    /// The session's id, which is the `sid` of its tokens.
    #[schema(example = "0f8fad5bd9cb469fa16570867728950e")]
    pub id: String,
    /// User id of its user.
    #[schema(example = "user123")]
    pub user_id: String,
    /// Name of its user.
    #[schema(example = "John Doe")]
    pub user_name: String,
    /// Role of its user. An older service omits it during a rolling update.
    pub user_role: Option<UserRole>,
    /// The time of the sign-in.
    pub created_at: DateTime<Utc>,
    /// When the session was last used, accurate to about a minute.
    pub last_seen_at: DateTime<Utc>,
    /// When the session ends unless it is refreshed earlier.
    pub expires_at: DateTime<Utc>,
    /// The address of the sign-in.
    #[schema(example = "203.0.113.7")]
    pub ip_address: Option<String>,
    /// The user agent of the sign-in.
    #[schema(example = "curl/8.5.0")]
    pub user_agent: Option<String>,
    /// A readable name for the user agent; an estimate.
    #[schema(example = "curl")]
    pub device: String,
}

impl From<SessionRecord> for UserSession {
    fn from(record: SessionRecord) -> Self {
        Self {
            id: record.id.to_string(),
            user_id: record.user_id.to_string(),
            user_name: record.user_name.to_string(),
            user_role: Some(record.user_role.into()),
            created_at: record.created_at,
            last_seen_at: record.last_seen_at,
            expires_at: record.expires_at,
            device: device::describe(record.origin.user_agent.as_deref()),
            ip_address: record.origin.ip_address,
            user_agent: record.origin.user_agent,
        }
    }
}

/// One page of valid sessions, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionPage {
    /// The sessions.
    pub items: Vec<UserSession>,
    /// Number of matching sessions, counted up to 1,000.
    #[schema(example = 2)]
    pub total: u64,
    /// Whether `total` is exact. It is exact up to 1,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// Maximum number of sessions per page.
    #[schema(example = 10)]
    pub page_size: u32,
    /// Number of pages for `total` sessions.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// Cursor for the next page; null on the last page.
    pub next_cursor: Option<String>,
}

/// The result of ending sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedSessions {
    /// A description of the completed action.
    #[schema(example = "Logged out everywhere")]
    pub message: String,
    /// Number of ended sessions.
    #[schema(example = 2)]
    pub ended: u64,
}
