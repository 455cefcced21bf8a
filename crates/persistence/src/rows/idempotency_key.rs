use diesel::prelude::*;
use steward_domain::ports::KeyClaim;

use crate::schema::idempotency_keys;
use crate::timestamp::DbTimestamp;

/// A claimed key to insert, or to write over an earlier claim.
#[derive(Insertable)]
#[diesel(table_name = idempotency_keys)]
pub(crate) struct NewIdempotencyKeyRow {
    pub(crate) key_hash: Vec<u8>,
    caller: i64,
    pub(crate) fingerprint: Vec<u8>,
    lease_expires_at: DbTimestamp,
    answer: Option<Vec<u8>>,
    expires_at: DbTimestamp,
}

impl From<&KeyClaim> for NewIdempotencyKeyRow {
    fn from(claim: &KeyClaim) -> Self {
        Self {
            key_hash: claim.key.0.to_vec(),
            caller: claim.caller.get(),
            fingerprint: claim.fingerprint.0.to_vec(),
            lease_expires_at: claim.lease_expires_at.into(),
            answer: None,
            expires_at: claim.expires_at.into(),
        }
    }
}

/// An earlier claim of a key.
#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
pub(crate) struct IdempotencyKeyRow {
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) lease_expires_at: DbTimestamp,
    pub(crate) answer: Option<Vec<u8>>,
}
