use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{self as domain, AuditRecord};
use utoipa::ToSchema;

use super::instant;

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A user.
    #[default]
    User,
    /// The program itself: a start, a background task.
    System,
    /// A command of the program that an operator ran.
    Cli,
}

impl From<domain::ActorKind> for ActorKind {
    fn from(kind: domain::ActorKind) -> Self {
        match kind {
            domain::ActorKind::User => Self::User,
            domain::ActorKind::System => Self::System,
            domain::ActorKind::Cli => Self::Cli,
        }
    }
}

/// One entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditLogEntry {
    /// Number of the entry; later ones have larger numbers.
    #[schema(example = 42)]
    pub id: i64,
    /// When it was done.
    #[serde(serialize_with = "instant::serialize")]
    pub timestamp: DateTime<Utc>,
    /// What kind of actor did it; ids and names alone do not tell a user from the program.
    // An older service sends none during an update.
    #[serde(default)]
    #[schema(required = true)]
    pub actor_kind: ActorKind,
    /// Who did it.
    #[schema(example = "admin")]
    #[serde(rename = "admin_id")]
    pub actor_id: String,
    /// How they were called then.
    #[schema(example = "System Administrator")]
    #[serde(rename = "admin_name")]
    pub actor_name: String,
    /// What was done.
    #[schema(example = "USER_UPDATED")]
    pub action: String,
    /// Whom it was done to.
    #[schema(example = "user123")]
    pub target: Option<String>,
    /// What changed, before → after.
    #[schema(example = "name: John Doe → John D. Doe")]
    pub details: Option<String>,
    /// The address it was done from.
    #[schema(example = "127.0.0.1")]
    pub ip_address: Option<String>,
    /// The browser or program it was done with.
    #[schema(example = "curl/8.5.0")]
    pub user_agent: Option<String>,
}

impl From<AuditRecord> for AuditLogEntry {
    fn from(record: AuditRecord) -> Self {
        Self {
            id: record.id,
            timestamp: record.timestamp,
            actor_kind: record.actor_kind.into(),
            actor_id: record.actor_id,
            actor_name: record.actor_name,
            action: record.action,
            target: record.target,
            details: record.details,
            ip_address: record.origin.ip_address,
            user_agent: record.origin.user_agent,
        }
    }
}

/// One page of the audit trail, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditLogPage {
    /// The entries.
    pub items: Vec<AuditLogEntry>,
    /// How many match. With a filter they are counted up to 10,000.
    #[schema(example = 42)]
    pub total: u64,
    /// Whether `total` is exact: always without a filter, and with one up to 10,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// How many entries a page holds at the most.
    #[schema(example = 10)]
    pub page_size: u32,
    /// `total` in pages.
    #[schema(example = 5)]
    pub total_pages: u64,
    /// What to send as `cursor` for the next page, however deep, at the cost of the first; null on the last.
    pub next_cursor: Option<String>,
}
