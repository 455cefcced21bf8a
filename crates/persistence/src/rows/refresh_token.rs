use diesel::prelude::*;
use steward_domain::TokenHash;

use crate::schema::refresh_tokens;
use crate::timestamp::DbTimestamp;

/// An unused refresh token to insert.
#[derive(Insertable)]
#[diesel(table_name = refresh_tokens)]
pub(crate) struct NewRefreshTokenRow<'a> {
    token_hash: &'a [u8],
    session_id: i64,
    created_at: DbTimestamp,
}

impl<'a> NewRefreshTokenRow<'a> {
    /// The token of the session with this key.
    pub(crate) fn new(token: &'a TokenHash, session_id: i64, created_at: DbTimestamp) -> Self {
        Self { token_hash: token.as_bytes(), session_id, created_at }
    }
}

/// The time at which a stored token was exchanged, and the hash of the token that replaced it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = refresh_tokens)]
pub(crate) struct TokenUse {
    pub(crate) used_at: Option<DbTimestamp>,
    pub(crate) successor_hash: Option<Vec<u8>>,
}
