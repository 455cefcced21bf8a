use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{SessionId, SessionRecord, device};
use utoipa::ToSchema;

/// A refresh token that is to be exchanged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"refresh_token": "4Ykq0Zx7vPzYzZ5b0o8X2m3Jq6dX9uWl1tRk7Nf0aBc"}))]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// As it was given out.
    #[schema(format = Password)]
    pub refresh_token: String,
}

/// Where to sign out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogoutAllRequest {
    /// Whether the session that asks stays; false where it is not sent.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub keep_current: bool,
}

/// A session of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnSession {
    /// Name of the session, the `sid` of its tokens.
    #[schema(example = "0f8fad5bd9cb469fa16570867728950e")]
    pub id: String,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute or so.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    pub expires_at: DateTime<Utc>,
    /// The address of the sign-in.
    #[schema(example = "203.0.113.7")]
    pub ip_address: Option<String>,
    /// The browser or program of the sign-in, as it called itself.
    #[schema(example = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0")]
    pub user_agent: Option<String>,
    /// The same in words: a guess.
    #[schema(example = "Firefox on Windows")]
    pub device: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl OwnSession {
    /// What `record` looks like to `current`, a session of the same user.
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

/// The sessions of the caller that are good, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OwnSessions {
    /// The newest 100 of them.
    pub items: Vec<OwnSession>,
    /// How many there are, counted up to 10,000.
    #[schema(example = 2)]
    pub total: u64,
}

/// A session of some user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSession {
    /// Name of the session, the `sid` of its tokens.
    #[schema(example = "0f8fad5bd9cb469fa16570867728950e")]
    pub id: String,
    /// Whose it is.
    #[schema(example = "user123")]
    pub user_id: String,
    /// How they are called.
    #[schema(example = "John Doe")]
    pub user_name: String,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute or so.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    pub expires_at: DateTime<Utc>,
    /// The address of the sign-in.
    #[schema(example = "203.0.113.7")]
    pub ip_address: Option<String>,
    /// The browser or program of the sign-in, as it called itself.
    #[schema(example = "curl/8.5.0")]
    pub user_agent: Option<String>,
    /// The same in words: a guess.
    #[schema(example = "curl")]
    pub device: String,
}

impl From<SessionRecord> for UserSession {
    fn from(record: SessionRecord) -> Self {
        Self {
            id: record.id.to_string(),
            user_id: record.user_id.to_string(),
            user_name: record.user_name.to_string(),
            created_at: record.created_at,
            last_seen_at: record.last_seen_at,
            expires_at: record.expires_at,
            device: device::describe(record.origin.user_agent.as_deref()),
            ip_address: record.origin.ip_address,
            user_agent: record.origin.user_agent,
        }
    }
}

/// One page of sessions that are good, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionPage {
    /// The sessions.
    pub items: Vec<UserSession>,
    /// How many match, counted up to 10,000.
    #[schema(example = 2)]
    pub total: u64,
    /// Whether `total` is exact: up to 10,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// How many sessions a page holds at the most.
    #[schema(example = 10)]
    pub page_size: u32,
    /// `total` in pages.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// What to send as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// Sessions that were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedSessions {
    /// What was done.
    #[schema(example = "Logged out everywhere")]
    pub message: String,
    /// How many sessions that were.
    #[schema(example = 2)]
    pub ended: u64,
}
