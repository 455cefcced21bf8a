//! The port [`Deletions`].

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use steward_domain::ports::{ChangeError, Decision, Deletions, StoreError};
use steward_domain::{PasswordHash, Record, Timestamp, User, UserId};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::schema::{outbox, users};
use crate::statements::{UserMutation, change_user};
use crate::timestamp::DbTimestamp;

/// Deletions of accounts in a database.
pub struct SqlDeletions {
    db: Database,
}

impl SqlDeletions {
    /// The deletions in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Deletions for SqlDeletions {
    async fn schedule(
        &self,
        target: &UserId,
        checked: &PasswordHash,
        purge_at: Timestamp,
        decide: Decision<Record>,
    ) -> Result<User, ChangeError> {
        let mutation = UserMutation::ScheduleDeletion { checked: checked.clone(), purge_at: purge_at.into() };
        let decide: Decision<_> = Box::new(|locked| Ok(Some((mutation, decide(locked)?))));
        change_user(&self.db, target, decide).await
    }

    async fn restore(
        &self,
        target: &UserId,
        checked: &PasswordHash,
        decide: Decision<Option<Record>>,
    ) -> Result<User, ChangeError> {
        let mutation = UserMutation::Restore { checked: checked.clone() };
        let decide: Decision<_> = Box::new(|locked| Ok(decide(locked)?.map(|record| (mutation, record))));
        change_user(&self.db, target, decide).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<String> = self
            .db
            .call(move |db| {
                each!(db, |conn| Ok(users::table
                    .filter(users::purge_at.le(DbTimestamp::from(now)))
                    .order(users::purge_at)
                    .limit(limit.into())
                    .select(users::user_id)
                    .load(conn)?))
            })
            .await?;
        // Ids can be written by hand. An invalid one must not keep the others from being erased.
        let readable = |id: String| {
            UserId::parse(&id).inspect_err(|reason| tracing::error!(%reason, "a deleted user is not erased")).ok()
        };
        Ok(ids.into_iter().filter_map(readable).collect())
    }

    async fn erase(&self, target: &UserId, decide: Decision<Option<Record>>) -> Result<(), ChangeError> {
        let decide: Decision<_> = Box::new(|locked| Ok(decide(locked)?.map(|record| (UserMutation::Delete, record))));
        change_user(&self.db, target, decide).await.map(drop)
    }

    async fn forget_notices(&self, limit: u32) -> Result<u64, StoreError> {
        let deleted = self
            .db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    // Literals, because the partial index has this condition.
                    let over = sql::<Bool>("outbox.kind = 'account_deleted' AND outbox.state <> 'queued'");
                    let ids: Vec<i64> = outbox::table.filter(over).limit(limit.into()).select(outbox::id).load(conn)?;
                    Ok(diesel::delete(outbox::table.filter(outbox::id.eq_any(ids))).execute(conn)?)
                }))
            })
            .await?;
        Ok(deleted as u64)
    }
}
