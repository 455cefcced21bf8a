use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{self as domain, SignInRecord, device};
use utoipa::ToSchema;

use super::instant;

/// The outcome of a sign-in attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The user signed in.
    Success,
    /// The attempt was rejected.
    Failure,
}

impl From<domain::AttemptOutcome> for AttemptOutcome {
    fn from(outcome: domain::AttemptOutcome) -> Self {
        match outcome {
            domain::AttemptOutcome::Success => Self::Success,
            domain::AttemptOutcome::Failure => Self::Failure,
        }
    }
}

impl AttemptOutcome {
    /// Returns the outcome's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => domain::AttemptOutcome::Success.as_str(),
            Self::Failure => domain::AttemptOutcome::Failure.as_str(),
        }
    }
}

/// A sign-in attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInLogEntry {
    /// Number of the attempt.
    #[schema(example = 42)]
    pub id: i64,
    /// When the attempt happened.
    #[serde(serialize_with = "instant::serialize")]
    pub at: DateTime<Utc>,
    /// User id of the user that the attempt was for; null if no user has the entered id, which is not stored.
    #[schema(example = "user123")]
    pub user_id: Option<String>,
    /// The outcome.
    pub outcome: AttemptOutcome,
    /// The reason of a failure: `unknown_user`, `wrong_password`, `inactive`, `unverified` or `locked`; null for a
    /// success.
    #[schema(example = "wrong_password")]
    pub reason: Option<String>,
    /// The client's address.
    #[schema(example = "203.0.113.7")]
    pub ip_address: Option<String>,
    /// A readable name for the user agent; an estimate.
    #[schema(example = "Firefox on Windows")]
    pub device: String,
    /// The client's user agent.
    #[schema(example = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0")]
    pub user_agent: Option<String>,
}

impl From<SignInRecord> for SignInLogEntry {
    fn from(record: SignInRecord) -> Self {
        Self {
            id: record.id,
            at: record.at,
            outcome: record.outcome().into(),
            user_id: record.user_id.map(|id| id.to_string()),
            reason: record.reason,
            device: device::describe(record.origin.user_agent.as_deref()),
            ip_address: record.origin.ip_address,
            user_agent: record.origin.user_agent,
        }
    }
}

/// One page of sign-in attempts, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignInLogPage {
    /// The attempts.
    pub items: Vec<SignInLogEntry>,
    /// Number of matching attempts, counted up to 1,000.
    #[schema(example = 42)]
    pub total: u64,
    /// Whether `total` is exact. It is exact up to 1,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// Maximum number of attempts per page.
    #[schema(example = 10)]
    pub page_size: u32,
    /// Number of pages for `total` attempts.
    #[schema(example = 5)]
    pub total_pages: u64,
    /// Cursor for the next page, at constant cost for any depth; null on the last page.
    pub next_cursor: Option<String>,
}
