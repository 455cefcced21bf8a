use diesel::prelude::*;
use steward_domain::timeline::EventSource;
use steward_domain::{ActorKind, AuditEntry, AuditRecord, Origin, TimelineCursor, TimelineEvent, TimelineItem};

use crate::schema::audit_logs;
use crate::timestamp::DbTimestamp;

/// An audit entry to insert.
#[derive(Insertable)]
#[diesel(table_name = audit_logs)]
pub(crate) struct NewAuditEntryRow<'a> {
    timestamp: DbTimestamp,
    #[diesel(column_name = admin_id)]
    actor_id: &'a str,
    #[diesel(column_name = admin_name)]
    actor_name: &'a str,
    action: &'a str,
    target: Option<&'a str>,
    details: Option<&'a str>,
    ip_address: Option<&'a str>,
    user_agent: Option<&'a str>,
    actor_kind: &'a str,
}

impl<'a> From<&'a AuditEntry> for NewAuditEntryRow<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        Self {
            timestamp: entry.timestamp.into(),
            actor_id: &entry.actor_id,
            actor_name: &entry.actor_name,
            action: entry.action.as_str(),
            target: entry.target.as_deref(),
            details: entry.details.as_deref(),
            ip_address: entry.origin.ip_address.as_deref(),
            user_agent: entry.origin.user_agent.as_deref(),
            actor_kind: entry.actor_kind.as_str(),
        }
    }
}

/// A stored audit entry.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_logs)]
pub(crate) struct AuditEntryRow {
    pub(crate) id: i64,
    pub(crate) timestamp: DbTimestamp,
    #[diesel(column_name = admin_id)]
    actor_id: String,
    #[diesel(column_name = admin_name)]
    actor_name: String,
    action: String,
    target: Option<String>,
    details: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    actor_kind: Option<String>,
}

impl From<AuditEntryRow> for AuditRecord {
    fn from(row: AuditEntryRow) -> Self {
        let origin = Origin { ip_address: row.ip_address, user_agent: row.user_agent };
        Self {
            id: row.id,
            timestamp: row.timestamp.into(),
            actor_kind: ActorKind::derive(row.actor_kind.as_deref(), &row.actor_id, &origin),
            actor_id: row.actor_id,
            actor_name: row.actor_name,
            action: row.action,
            target: row.target,
            details: row.details,
            origin,
        }
    }
}

/// A stored audit entry as an item of its target's timeline.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_logs)]
pub(crate) struct UserChangeRow {
    id: i64,
    timestamp: DbTimestamp,
    #[diesel(column_name = admin_id)]
    actor_id: String,
    #[diesel(column_name = admin_name)]
    actor_name: String,
    action: String,
    details: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    actor_kind: Option<String>,
}

impl From<UserChangeRow> for TimelineItem {
    fn from(row: UserChangeRow) -> Self {
        let origin = Origin { ip_address: row.ip_address, user_agent: row.user_agent };
        Self {
            cursor: TimelineCursor { at: row.timestamp.into(), source: EventSource::Changes, id: row.id },
            event: TimelineEvent::Change {
                action: row.action,
                actor_kind: ActorKind::derive(row.actor_kind.as_deref(), &row.actor_id, &origin),
                actor_id: row.actor_id,
                actor_name: row.actor_name,
                details: row.details,
            },
            origin,
        }
    }
}
