use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{self as domain, AuditRecord};
use utoipa::ToSchema;

use super::instant;

/// The kind of an actor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A user.
    #[default]
    User,
    /// The program itself, at its start or in a background task.
    System,
    /// A command that an operator ran.
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
    /// Number of the entry. Later entries have larger numbers.
    #[schema(example = 42)]
    pub id: i64,
    /// When the action happened.
    #[serde(serialize_with = "instant::serialize")]
    pub timestamp: DateTime<Utc>,
    /// The kind of the actor. Ids and names alone do not distinguish a user from the program.
    // An older service omits it during a rolling update.
    #[serde(default)]
    #[schema(required = true)]
    pub actor_kind: ActorKind,
    /// User id of the actor.
    #[schema(example = "admin")]
    #[serde(rename = "admin_id")]
    pub actor_id: String,
    /// The actor's name at that time.
    #[schema(example = "System Administrator")]
    #[serde(rename = "admin_name")]
    pub actor_name: String,
    /// The action.
    #[schema(example = "USER_UPDATED")]
    pub action: String,
    /// User id of the target.
    #[schema(example = "user123")]
    pub target: Option<String>,
    /// The changed fields, before → after.
    #[schema(example = "name: John Doe → John D. Doe")]
    pub details: Option<String>,
    /// The client's address.
    #[schema(example = "127.0.0.1")]
    pub ip_address: Option<String>,
    /// The client's user agent.
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
    /// Number of matching entries. With a filter, counting stops at 1,000.
    #[schema(example = 42)]
    pub total: u64,
    /// Whether `total` is exact. It is exact without a filter, and up to 1,000 with one.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// Maximum number of entries per page.
    #[schema(example = 10)]
    pub page_size: u32,
    /// Number of pages for `total` entries.
    #[schema(example = 5)]
    pub total_pages: u64,
    /// Cursor for the next page, at constant cost for any depth; null on the last page.
    pub next_cursor: Option<String>,
}
