//! The port [`IdempotencyKeys`].

use async_trait::async_trait;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use diesel::upsert::excluded;
use steward_domain::Timestamp;
use steward_domain::ports::{ClaimedKey, IdempotencyKeys, KeyClaim, KeyHash, StoreError};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::rows::{IdempotencyKeyRow, NewIdempotencyKeyRow};
use crate::schema::idempotency_keys;
use crate::timestamp::DbTimestamp;

/// The keys of repeated requests in a database.
pub struct SqlIdempotencyKeys {
    db: Database,
}

impl SqlIdempotencyKeys {
    /// The keys in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl IdempotencyKeys for SqlIdempotencyKeys {
    async fn claim(&self, claim: KeyClaim) -> Result<ClaimedKey, StoreError> {
        // The prelude's `filter` is for queries; `methods::FilterDsl` is that of `ON CONFLICT DO UPDATE`.
        use diesel::query_dsl::methods::FilterDsl as _;

        let (row, now) = (NewIdempotencyKeyRow::from(&claim), DbTimestamp::from(claim.now));
        let claim = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| {
                let is_failed = idempotency_keys::answer
                    .is_null()
                    .and(idempotency_keys::lease_expires_at.le(now))
                    .and(idempotency_keys::fingerprint.eq(&row.fingerprint));
                // One statement, so that of concurrent calls each sees the claim that the one before has written.
                let claimed = diesel::insert_into(idempotency_keys::table)
                    .values(&row)
                    .on_conflict(idempotency_keys::key_hash)
                    .do_update()
                    .set((
                        idempotency_keys::caller.eq(excluded(idempotency_keys::caller)),
                        idempotency_keys::fingerprint.eq(excluded(idempotency_keys::fingerprint)),
                        idempotency_keys::lease_expires_at.eq(excluded(idempotency_keys::lease_expires_at)),
                        idempotency_keys::answer.eq(excluded(idempotency_keys::answer)),
                        idempotency_keys::expires_at.eq(excluded(idempotency_keys::expires_at)),
                    ))
                    .filter(idempotency_keys::expires_at.le(now).or(is_failed))
                    .execute(conn)?;
                if claimed > 0 {
                    return Ok(None);
                }
                let earlier = QueryDsl::select(
                    QueryDsl::find(idempotency_keys::table, &row.key_hash),
                    IdempotencyKeyRow::as_select(),
                );
                let earlier: Option<IdempotencyKeyRow> = earlier.first(conn).optional()?;
                Ok(Some((earlier, row.fingerprint.clone())))
            }))
        };
        Ok(match self.db.call(claim).await? {
            None => ClaimedKey::Claimed,
            Some((Some(earlier), fingerprint)) if earlier.fingerprint != fingerprint => ClaimedKey::Mismatched,
            Some((Some(IdempotencyKeyRow { answer: Some(answer), lease_expires_at, .. }), _)) => {
                ClaimedKey::Answered { answer, lease_expires_at: lease_expires_at.into() }
            }
            // A key that was released since is free at the next attempt.
            Some(_) => ClaimedKey::Running,
        })
    }

    async fn store_answer(
        &self,
        key: &KeyHash,
        lease_expires_at: Timestamp,
        answer: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let (key, lease) = (key.0.to_vec(), DbTimestamp::from(lease_expires_at));
        let store = move |db: &Database| {
            let claimed = idempotency_keys::table.filter(has_lease(key, lease));
            each!(db, |conn| conn
                .write(|conn| { Ok(diesel::update(claimed).set(idempotency_keys::answer.eq(&answer)).execute(conn)?) }))
        };
        Ok(self.db.call(store).await? > 0)
    }

    async fn release(&self, key: &KeyHash, lease_expires_at: Timestamp) -> Result<(), StoreError> {
        let (key, lease) = (key.0.to_vec(), DbTimestamp::from(lease_expires_at));
        let release = move |db: &Database| {
            let claimed = idempotency_keys::table.filter(has_lease(key, lease));
            each!(db, |conn| conn.write(|conn| Ok(diesel::delete(claimed).execute(conn)?)))
        };
        self.db.call(release).await.map(drop)
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(
                Purgeable::IdempotencyKeys,
                before.into(),
                limit.into()
            )?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}

/// Whether a request that is not answered has claimed the key with this lease.
#[auto_type]
fn has_lease(key: Vec<u8>, lease: DbTimestamp) -> _ {
    idempotency_keys::key_hash
        .eq(key)
        .and(idempotency_keys::lease_expires_at.eq(lease))
        .and(idempotency_keys::answer.is_null())
}
