use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{self as domain, OutboxEntry};
use utoipa::ToSchema;

/// The state of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// The mail waits for its next attempt, or an attempt is running.
    Queued,
    /// A mail server accepted the mail.
    Sent,
    /// A mail server rejected the mail permanently, or the last attempt failed.
    Failed,
    /// The mail will not be sent.
    Cancelled,
}

impl From<domain::MailState> for MailState {
    fn from(state: domain::MailState) -> Self {
        match state {
            domain::MailState::Queued => Self::Queued,
            domain::MailState::Sent => Self::Sent,
            domain::MailState::Failed => Self::Failed,
            domain::MailState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<MailState> for domain::MailState {
    fn from(state: MailState) -> Self {
        match state {
            MailState::Queued => Self::Queued,
            MailState::Sent => Self::Sent,
            MailState::Failed => Self::Failed,
            MailState::Cancelled => Self::Cancelled,
        }
    }
}

impl MailState {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        domain::MailState::from(self).as_str()
    }
}

/// A mail in the outbox. Its content is not part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OutboxEntry)]
pub struct OutboxEntryBody {
    /// Number of the mail. Later mails have larger numbers.
    #[schema(example = 42)]
    pub id: i64,
    /// What the mail is about.
    #[schema(example = "password_changed")]
    pub kind: String,
    /// The address that the mail goes to.
    #[schema(example = "john@example.com")]
    pub recipient: String,
    /// The state.
    pub state: MailState,
    /// Number of attempts to send the mail.
    #[schema(example = 1)]
    pub attempts: u32,
    /// The error of the last attempt.
    #[schema(example = "451 4.7.1 Try again later")]
    pub last_error: Option<String>,
    /// When the cause of the mail happened.
    pub created_at: DateTime<Utc>,
    /// When the next attempt is due. Null if no attempt follows.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When a mail server accepted the mail.
    pub sent_at: Option<DateTime<Utc>>,
}

impl From<OutboxEntry> for OutboxEntryBody {
    fn from(entry: OutboxEntry) -> Self {
        Self {
            id: entry.id,
            kind: entry.kind,
            recipient: entry.recipient,
            state: entry.state.into(),
            attempts: entry.attempts,
            last_error: entry.last_error,
            created_at: entry.created_at,
            next_attempt_at: entry.next_attempt_at,
            sent_at: entry.sent_at,
        }
    }
}

/// One page of the outbox, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OutboxPage {
    /// The mails.
    pub items: Vec<OutboxEntryBody>,
    /// Number of matching mails, counted up to 1,000.
    #[schema(example = 2)]
    pub total: u64,
    /// Whether `total` is exact. It is exact up to 1,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// Maximum number of mails per page.
    #[schema(example = 10)]
    pub page_size: u32,
    /// Number of pages for `total` mails.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// Cursor for the next page; null on the last page.
    pub next_cursor: Option<String>,
}
