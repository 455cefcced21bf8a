//! The port [`Sessions`].

use std::collections::HashMap;

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{Sessions, StoreError};
use steward_domain::{AuthenticatedSession, NewSession, SessionId, Timestamp, User};

use crate::batcher::{Batcher, Limits};
use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::moment::Moment;
use crate::schema::{sessions, users};
use crate::users::UserRow;

/// The sessions, in a database.
pub struct SqlSessions {
    db: Database,
    standing: Batcher<SessionId, Option<AuthenticatedSession>>,
}

impl SqlSessions {
    /// The sessions in this database.
    pub fn new(db: Database) -> Self {
        let limits = Limits::of_probes(db.deadline());
        let standing = {
            let db = db.clone();
            Batcher::new(limits, move |run| {
                each!(db, |conn| run.serve(|ids: &[SessionId]| {
                    let rows: Vec<(Vec<u8>, Moment, UserRow)> = sessions::table
                        .inner_join(users::table)
                        .filter(sessions::sid.eq_any(ids.iter().map(|id| id.as_bytes().as_slice())))
                        .filter(sessions::ended_at.is_null())
                        .select((sessions::sid, sessions::expires_at, UserRow::as_select()))
                        .load(conn)?;
                    let mut found: HashMap<Vec<u8>, (Moment, UserRow)> =
                        rows.into_iter().map(|(sid, expires_at, row)| (sid, (expires_at, row))).collect();
                    Ok(ids
                        .iter()
                        .map(|id| {
                            let Some((expires_at, row)) = found.remove(id.as_bytes().as_slice()) else {
                                return Ok(None);
                            };
                            let user = User::try_from(row)?;
                            // Asked here, so that no database begins with all active users.
                            if !user.is_active {
                                return Ok(None);
                            }
                            Ok(Some(AuthenticatedSession { id: *id, user, expires_at: expires_at.into() }))
                        })
                        .collect())
                }))
            })
        };
        Self { db, standing }
    }
}

#[derive(Insertable)]
#[diesel(table_name = sessions)]
struct NewSessionRow {
    sid: Vec<u8>,
    user_id: i64,
    created_at: Moment,
    expires_at: Moment,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

impl From<NewSession> for NewSessionRow {
    fn from(session: NewSession) -> Self {
        Self {
            sid: session.id.as_bytes().to_vec(),
            user_id: session.user,
            created_at: session.created_at.into(),
            expires_at: session.expires_at.into(),
            ip_address: session.origin.ip_address,
            user_agent: session.origin.user_agent,
        }
    }
}

#[async_trait]
impl Sessions for SqlSessions {
    async fn open(&self, session: NewSession) -> Result<Option<User>, StoreError> {
        let row = NewSessionRow::from(session);
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    let user: Option<UserRow> =
                        diesel::update(users::table.filter(users::id.eq(row.user_id).and(users::is_active.eq(true))))
                            .set(users::last_login.eq(row.created_at))
                            .returning(UserRow::as_returning())
                            .get_result(conn)
                            .optional()?;
                    let Some(user) = user else { return Ok(None) };
                    diesel::insert_into(sessions::table).values(&row).execute(conn)?;
                    Ok(Some(User::try_from(user)?))
                }))
            })
            .await
    }

    async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError> {
        // Whether it expired is decided here, so that callers can share a query whatever their clocks say.
        Ok(self.standing.get(id).await?.filter(|session| now < session.expires_at))
    }

    async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    let standing = sessions::sid.eq(id.as_bytes().as_slice()).and(sessions::ended_at.is_null());
                    diesel::update(sessions::table.filter(standing))
                        .set(sessions::ended_at.eq(Moment::from(now)))
                        .execute(conn)?;
                    Ok(())
                }))
            })
            .await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let removed = self
            .db
            .call(move |db| each!(db, |conn| conn.write(|conn| Ok(conn.purge_sessions(before.into(), limit.into())?))))
            .await?;
        Ok(removed as u64)
    }
}
