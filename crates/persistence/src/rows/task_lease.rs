use diesel::prelude::*;
use steward_domain::Timestamp;

use crate::schema::task_leases;
use crate::timestamp::DbTimestamp;

/// A lease to insert, or to write over an earlier one.
#[derive(Insertable)]
#[diesel(table_name = task_leases)]
pub(crate) struct TaskLeaseRow {
    name: String,
    pub(crate) holder: String,
    expires_at: DbTimestamp,
}

impl TaskLeaseRow {
    /// The lease `name` of `holder` until `expires_at`.
    pub(crate) fn new(name: &str, holder: &str, expires_at: Timestamp) -> Self {
        Self { name: name.to_owned(), holder: holder.to_owned(), expires_at: expires_at.into() }
    }
}
