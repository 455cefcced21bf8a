//! The port [`TaskLeases`].

use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::upsert::excluded;
use steward_domain::Timestamp;
use steward_domain::ports::{StoreError, TaskLeases};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::rows::TaskLeaseRow;
use crate::schema::task_leases;
use crate::timestamp::DbTimestamp;

/// The leases of background tasks in a database.
pub struct SqlTaskLeases {
    db: Database,
}

impl SqlTaskLeases {
    /// The leases in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl TaskLeases for SqlTaskLeases {
    async fn acquire(&self, name: &str, holder: &str, now: Timestamp, ttl: TimeDelta) -> Result<bool, StoreError> {
        // The prelude's `filter` is for queries; this is the one of `ON CONFLICT DO UPDATE`.
        use diesel::query_dsl::methods::FilterDsl as _;

        let expires_at = now.checked_add_signed(ttl).unwrap_or(Timestamp::MAX_UTC);
        let row = TaskLeaseRow::new(name, holder, expires_at);
        let acquire = move |db: &Database| {
            // One statement, so that of concurrent calls each sees the lease that the one before has written.
            each!(db, |conn| conn.write(|conn| Ok(diesel::insert_into(task_leases::table)
                .values(&row)
                .on_conflict(task_leases::name)
                .do_update()
                .set((
                    task_leases::holder.eq(excluded(task_leases::holder)),
                    task_leases::expires_at.eq(excluded(task_leases::expires_at)),
                ))
                .filter(task_leases::holder.eq(&row.holder).or(task_leases::expires_at.le(DbTimestamp::from(now))))
                .execute(conn)?)))
        };
        Ok(self.db.call(acquire).await? > 0)
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        let release = move |db: &Database| {
            let held = task_leases::table.find(&name).filter(task_leases::holder.eq(&holder));
            each!(db, |conn| conn.write(|conn| Ok(diesel::delete(held).execute(conn)?)))
        };
        self.db.call(release).await.map(drop)
    }
}
