//! The port [`Sessions`].
//!
//! - `refresh`: the exchange of refresh tokens.
//! - `list`: pages of the active sessions.

pub(crate) mod list;
mod refresh;

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{ChangeError, Decision, Sessions, StoreError};
use steward_domain::{
    AuthenticatedSession, NewSession, OpenOutcome, Page, PageRequest, PasswordHash, Record, RefreshOutcome, Rotation,
    SessionFilter, SessionId, SessionRecord, SessionSelector, Timestamp, User, UserId, UserKey,
};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::rows::{NewRefreshTokenRow, NewSessionRow, NewSignInEventRow, UserRow};
use crate::schema::{instant_or, refresh_tokens, sessions, sign_in_events, users};
use crate::shared_query::SharedQuery;
use crate::statements::{end_active_sessions, revoke_sessions, write_messages};
use crate::timestamp::DbTimestamp;

/// The sessions in a database.
pub struct SqlSessions {
    db: Database,
    active: SharedQuery<SessionId, Option<AuthenticatedSession>>,
    pages: SharedQuery<list::ListRequest, Page<SessionRecord>>,
}

impl SqlSessions {
    /// The sessions in this database.
    pub fn new(db: Database) -> Self {
        let active = SharedQuery::of_keys(db.clone(), |db, lookup| {
            each!(db, |conn| lookup.serve(|ids: &[SessionId]| {
                let keys: Vec<&[u8]> = conn.pad_keys(ids.iter().map(|id| id.as_bytes().as_slice()).collect());
                let last_seen_at = instant_or(sessions::last_seen_at, sessions::created_at);
                let rows: Vec<(Vec<u8>, DbTimestamp, DbTimestamp, UserRow)> = sessions::table
                    .inner_join(users::table)
                    .filter(sessions::sid.eq_any(keys))
                    .filter(sessions::ended_at.is_null())
                    .select((sessions::sid, sessions::expires_at, last_seen_at, UserRow::as_select()))
                    .load(conn)?;
                let mut found: HashMap<Vec<u8>, (DbTimestamp, DbTimestamp, UserRow)> =
                    rows.into_iter().map(|(sid, expires, seen, row)| (sid, (expires, seen, row))).collect();
                Ok(ids
                    .iter()
                    .map(|id| {
                        let Some((expires_at, last_seen_at, row)) = found.remove(id.as_bytes().as_slice()) else {
                            return Ok(None);
                        };
                        let user = User::try_from(row)?;
                        // Checked here, so that no database scans all active users first.
                        if !user.is_active {
                            return Ok(None);
                        }
                        let (expires_at, last_seen_at) = (expires_at.into(), last_seen_at.into());
                        Ok(Some(AuthenticatedSession::new(*id, user, expires_at, last_seen_at)))
                    })
                    .collect())
            }))
        });
        let pages = SharedQuery::of_requests(db.clone(), list::read_page);
        Self { db, active, pages }
    }
}

#[async_trait]
impl Sessions for SqlSessions {
    async fn open(&self, mut session: NewSession, checked: &PasswordHash) -> Result<OpenOutcome, StoreError> {
        let checked = checked.clone();
        let messages = std::mem::take(&mut session.messages);
        let refresh = session.refresh;
        let event = NewSignInEventRow::from(&session);
        let row = NewSessionRow::from(session);
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    let user = users::table
                        .filter(users::id.eq(row.user_id))
                        .filter(users::password_hash.eq(checked.expose()));
                    // Locks the user's row first, as a change of the user does. So of two concurrent transactions, the
                    // later one sees the other: the change ends this session, or this condition does not hold.
                    let opened: Option<UserRow> = diesel::update(user.filter(users::is_active.eq(true)))
                        .set(users::last_login.eq(row.created_at))
                        .returning(UserRow::as_returning())
                        .get_result(conn)
                        .optional()?;
                    let Some(opened) = opened else {
                        let inactive = user.filter(users::is_active.eq(false)).select(users::id);
                        let is_inactive = diesel::select(diesel::dsl::exists(inactive)).get_result::<bool>(conn)?;
                        return Ok(if is_inactive { OpenOutcome::Inactive } else { OpenOutcome::Stale });
                    };
                    let id: i64 =
                        diesel::insert_into(sessions::table).values(&row).returning(sessions::id).get_result(conn)?;
                    let token = NewRefreshTokenRow::new(&refresh, id, row.created_at);
                    diesel::insert_into(refresh_tokens::table).values(token).execute(conn)?;
                    diesel::insert_into(sign_in_events::table).values(&event).execute(conn)?;
                    write_messages(conn, &messages, row.created_at)?;
                    Ok(OpenOutcome::Opened(User::try_from(opened)?))
                }))
            })
            .await
    }

    async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError> {
        // The expiry is checked here, so that callers with different times can share a query.
        Ok(self.active.get(id).await?.filter(|session| now < session.expires_at))
    }

    async fn refresh(&self, rotation: Rotation) -> Result<RefreshOutcome, StoreError> {
        refresh::run(&self.db, rotation).await
    }

    async fn list(
        &self,
        filter: &SessionFilter,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, StoreError> {
        self.pages.get((filter.clone(), now.into(), page.clone())).await
    }

    async fn record_last_seen(&self, seen: &[(SessionId, Timestamp)]) -> Result<(), StoreError> {
        // Each session once, because a statement that names a row twice may store either time.
        let mut latest: HashMap<SessionId, DbTimestamp> = HashMap::with_capacity(seen.len());
        for (id, at) in seen {
            let at = DbTimestamp::from(*at);
            latest.entry(*id).and_modify(|latest| *latest = at.max(*latest)).or_insert(at);
        }
        if latest.is_empty() {
            return Ok(());
        }
        let (ids, times): (Vec<SessionId>, Vec<DbTimestamp>) = latest.into_iter().unzip();
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    conn.record_last_seen(&ids, &times)?;
                    conn.record_activity(&ids, &times)?;
                    Ok(())
                }))
            })
            .await
    }

    async fn end_own(&self, user: UserKey, selector: SessionSelector, now: Timestamp) -> Result<u64, StoreError> {
        let now = DbTimestamp::from(now);
        let ended = self
            .db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| Ok(end_active_sessions!(conn, user.get(), selector, now))))
            })
            .await?;
        Ok(ended as u64)
    }

    async fn revoke(
        &self,
        target: &UserId,
        selector: SessionSelector,
        decide: Decision<Record>,
    ) -> Result<u64, ChangeError> {
        revoke_sessions(&self.db, target, selector, decide).await
    }

    async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    let is_open = sessions::sid.eq(id.as_bytes().as_slice()).and(sessions::ended_at.is_null());
                    diesel::update(sessions::table.filter(is_open))
                        .set(sessions::ended_at.eq(DbTimestamp::from(now)))
                        .execute(conn)?;
                    Ok(())
                }))
            })
            .await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(Purgeable::Sessions, before.into(), limit.into())?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}
