//! The port [`SignIns`], and the row that [`crate::SqlSessions`] adds.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Bool;
use steward_domain::lockout::Network;
use steward_domain::ports::{SignIns, StoreError};
use steward_domain::timeline::EventSource;
use steward_domain::{
    ActorKind, FailedSignIn, NewSession, Order, Origin, PageSize, TimelineCursor, TimelineEvent, TimelineItem,
    TimelinePage, Timestamp, User,
};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::paging::{InOrder, Key};
use crate::schema::{audit_logs, lower_nullable, sessions, sign_in_events};
use crate::sessions::session_id;
use crate::timestamp::DbTimestamp;

const SUCCESS: &str = "success";
const FAILURE: &str = "failure";

/// Attempts to sign in, and what else happened, in a database.
pub struct SqlSignIns {
    db: Database,
}

impl SqlSignIns {
    /// The attempts in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

/// An attempt to be kept.
#[derive(Insertable)]
#[diesel(table_name = sign_in_events)]
pub(crate) struct NewEvent {
    at: DbTimestamp,
    user_id: Option<i64>,
    outcome: &'static str,
    reason: Option<&'static str>,
    session: Option<Vec<u8>>,
    network: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

/// The sign-in that opens a session.
impl From<&NewSession> for NewEvent {
    fn from(session: &NewSession) -> Self {
        Self {
            at: session.created_at.into(),
            user_id: Some(session.user),
            outcome: SUCCESS,
            reason: None,
            session: Some(session.id.as_bytes().to_vec()),
            network: session.origin.network().to_string(),
            ip_address: session.origin.ip_address.clone(),
            user_agent: session.origin.user_agent.clone(),
        }
    }
}

impl From<FailedSignIn> for NewEvent {
    fn from(failure: FailedSignIn) -> Self {
        Self {
            at: failure.at.into(),
            user_id: failure.user,
            outcome: FAILURE,
            reason: Some(failure.reason.as_str()),
            session: None,
            network: failure.origin.network().to_string(),
            ip_address: failure.origin.ip_address,
            user_agent: failure.origin.user_agent,
        }
    }
}

#[async_trait]
impl SignIns for SqlSignIns {
    async fn record(&self, failure: FailedSignIn) -> Result<(), StoreError> {
        let event = NewEvent::from(failure);
        self.db
            .call(move |db| match add(db, &event) {
                // Removed while their password was compared: what refers to them goes with them.
                Err(Failure::Sql(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))) => {
                    add(db, &NewEvent { user_id: None, ..event })
                }
                outcome => outcome,
            })
            .await
    }

    async fn is_known(&self, user: i64, network: Network, since: Timestamp) -> Result<bool, StoreError> {
        self.db
            .call(move |db| {
                let theirs = sign_in_events::table.filter(
                    sign_in_events::user_id
                        .eq(user)
                        .and(sign_in_events::network.eq(network.to_string()))
                        .and(sign_in_events::at.ge(DbTimestamp::from(since)))
                        // As it is written in the index; a parameter need not be that.
                        .and(sql::<Bool>("sign_in_events.outcome = 'success'")),
                );
                each!(db, |conn| Ok(diesel::select(diesel::dsl::exists(theirs)).get_result(conn)?))
            })
            .await
    }

    async fn timeline(
        &self,
        user: &User,
        now: Timestamp,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, StoreError> {
        let user = user.clone();
        self.db
            .call(move |db| {
                let part = |source: EventSource| Part {
                    after: after.map(|cursor| cursor.bound_in(source)).map(|(at, id)| (Key::Time(at.into()), id)),
                    limit: TimelinePage::needed(size),
                };
                let sources = [
                    changes(db, &user, part(EventSource::Changes))?,
                    sign_ins(db, &user, part(EventSource::SignIns))?,
                    session_ends(db, &user, now, part(EventSource::SessionEnds))?,
                ];
                Ok(TimelinePage::merge(sources, size))
            })
            .await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(Purgeable::SignIns, before.into(), limit.into())?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}

fn add(db: &Database, event: &NewEvent) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        diesel::insert_into(sign_in_events::table).values(event).execute(conn)?;
        Ok(())
    }))
}

/// Which part of a source is wanted: the newest items after a cursor.
struct Part {
    after: Option<(Key, i64)>,
    limit: i64,
}

impl Part {
    const fn newest_first(key: &'static str, id: &'static str) -> InOrder {
        InOrder { key, id: Some(id), order: Order::Desc }
    }
}

/// Cuts a part out of a boxed query.
macro_rules! part {
    ($query:expr, $order:expr, $part:expr) => {{
        let query = $query.order($order).limit($part.limit);
        match $part.after {
            Some(cursor) => query.filter($order.keyset_filter(cursor)),
            None => query,
        }
    }};
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_logs)]
struct ChangeRow {
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

fn changes(db: &Database, user: &User, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    const ORDER: InOrder = Part::newest_first("audit_logs.timestamp", "audit_logs.id");
    let rows: Vec<ChangeRow> = each!(db, |conn| {
        let entries = audit_logs::table
            .filter(lower_nullable(audit_logs::target).eq(user.user_id.key()))
            // Entries outlive the users they name, and another one may have had the id before.
            .filter(audit_logs::timestamp.ge(DbTimestamp::from(user.created_at)))
            .select(ChangeRow::as_select())
            .into_boxed();
        Ok(part!(entries, ORDER, part).load(conn)?)
    })?;
    let item = |row: ChangeRow| {
        let origin = Origin { ip_address: row.ip_address, user_agent: row.user_agent };
        TimelineItem {
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
    };
    Ok(rows.into_iter().map(item).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sign_in_events)]
struct EventRow {
    id: i64,
    at: DbTimestamp,
    reason: Option<String>,
    session: Option<Vec<u8>>,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

fn sign_ins(db: &Database, user: &User, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    const ORDER: InOrder = Part::newest_first("sign_in_events.at", "sign_in_events.id");
    let rows: Vec<EventRow> = each!(db, |conn| {
        let events = sign_in_events::table
            .filter(sign_in_events::user_id.eq(user.id))
            .select(EventRow::as_select())
            .into_boxed();
        Ok(part!(events, ORDER, part).load(conn)?)
    })?;
    let item = |row: EventRow| {
        Ok(TimelineItem {
            cursor: TimelineCursor { at: row.at.into(), source: EventSource::SignIns, id: row.id },
            event: match row.reason {
                Some(reason) => TimelineEvent::FailedSignIn { reason },
                None => TimelineEvent::SignIn { session: row.session.as_deref().map(session_id).transpose()? },
            },
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    };
    rows.into_iter().map(item).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: i64,
    sid: Vec<u8>,
    ended_at: Option<DbTimestamp>,
    over_at: DbTimestamp,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

fn session_ends(db: &Database, user: &User, now: Timestamp, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    const ORDER: InOrder = Part::newest_first("sessions.over_at", "sessions.id");
    let rows: Vec<SessionRow> = each!(db, |conn| {
        let over = sessions::table
            .filter(sessions::user_id.eq(user.id).and(sessions::over_at.le(DbTimestamp::from(now))))
            .select(SessionRow::as_select())
            .into_boxed();
        Ok(part!(over, ORDER, part).load(conn)?)
    })?;
    let item = |row: SessionRow| {
        Ok(TimelineItem {
            cursor: TimelineCursor { at: row.over_at.into(), source: EventSource::SessionEnds, id: row.id },
            event: TimelineEvent::SessionEnd {
                session: session_id(&row.sid)?,
                expired: row.ended_at != Some(row.over_at),
            },
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    };
    rows.into_iter().map(item).collect()
}
