//! The record of a change: its audit entry, written in the transaction of the change.

/// Inserts an audit entry.
macro_rules! insert_audit_entry {
    ($conn:expr, $entry:expr) => {
        diesel::insert_into($crate::schema::audit_logs::table)
            .values($crate::rows::NewAuditEntryRow::from($entry))
            .execute($conn)?
    };
}
pub(crate) use insert_audit_entry;

/// Inserts many audit entries with one statement.
macro_rules! insert_audit_entries {
    ($conn:expr, $entries:expr) => {{
        let rows: Vec<$crate::rows::NewAuditEntryRow<'_>> = $entries.map(Into::into).collect();
        diesel::insert_into($crate::schema::audit_logs::table).values(&rows).execute($conn)?
    }};
}
pub(crate) use insert_audit_entries;
