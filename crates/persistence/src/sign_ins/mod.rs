//! The port [`SignIns`].
//!
//! - `list`: pages of the attempts of all users.

mod list;

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Bool;
use steward_domain::lockout::Network;
use steward_domain::ports::{SignIns, StoreError};
use steward_domain::timeline::EventSource;
use steward_domain::{
    FailedSignIn, NewMessage, Order, Page, PageRequest, PageSize, SignInFilter, SignInRecord, TimelineCursor,
    TimelineItem, TimelinePage, Timestamp, User, UserKey,
};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::paging::{Key, ListOrder};
use crate::rows::{NewSignInEventRow, SessionEndRow, SignInEventRow, UserChangeRow, UserMailRow};
use crate::schema::{audit_logs, lower_nullable, outbox, sessions, sign_in_events};
use crate::shared_query::SharedQuery;
use crate::statements::write_messages;
use crate::timestamp::DbTimestamp;

/// Sign-in attempts and timelines in a database.
pub struct SqlSignIns {
    db: Database,
    pages: SharedQuery<list::ListRequest, Page<SignInRecord>>,
}

impl SqlSignIns {
    /// The sign-in attempts in this database.
    pub fn new(db: Database) -> Self {
        Self { pages: SharedQuery::of_requests(db.clone(), list::read_page), db }
    }
}

#[async_trait]
impl SignIns for SqlSignIns {
    async fn record(&self, mut failure: FailedSignIn) -> Result<(), StoreError> {
        let (messages, at) = (std::mem::take(&mut failure.messages), failure.at.into());
        let event = NewSignInEventRow::from(failure);
        self.db
            .call(move |db| match insert(db, &event, &messages, at) {
                // The user was deleted while the password was compared; rows that reference a user are deleted with it.
                Err(Failure::Sql(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))) => {
                    insert(db, &event.without_user(), &[], at)
                }
                outcome => outcome,
            })
            .await
    }

    async fn is_known(&self, user: Option<UserKey>, network: Network, since: Timestamp) -> Result<bool, StoreError> {
        self.db
            .call(move |db| {
                let matches = sign_in_events::table.filter(
                    sign_in_events::user_id
                        .eq(UserKey::or_zero(user))
                        .and(sign_in_events::network.eq(network.to_string()))
                        .and(sign_in_events::at.ge(DbTimestamp::from(since)))
                        // A literal, because the partial index has this condition and a parameter would not match it.
                        .and(sql::<Bool>("sign_in_events.outcome = 'success'")),
                );
                each!(db, |conn| Ok(diesel::select(diesel::dsl::exists(matches)).get_result(conn)?))
            })
            .await
    }

    async fn timeline(
        &self,
        user: &User,
        sources: &[EventSource],
        now: Timestamp,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, StoreError> {
        let (user, sources) = (user.clone(), sources.to_vec());
        self.db
            .call(move |db| {
                let part = |source: EventSource| Part {
                    after: after.map(|cursor| cursor.bound_in(source)).map(|(at, id)| (Key::Time(at.into()), id)),
                    limit: TimelinePage::needed(size),
                };
                let read = |source: &EventSource| match source {
                    EventSource::Changes => changes(db, &user, part(*source)),
                    EventSource::SignIns => sign_ins(db, &user, part(*source)),
                    EventSource::SessionEnds => session_ends(db, &user, now, part(*source)),
                    EventSource::Mails => mails(db, &user, part(*source)),
                };
                let events: Vec<_> = sources.iter().map(read).collect::<Result<_, _>>()?;
                Ok(TimelinePage::merge(events, size))
            })
            .await
    }

    async fn list(&self, filter: &SignInFilter, page: &PageRequest) -> Result<Page<SignInRecord>, StoreError> {
        self.pages.get((filter.clone(), page.clone())).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(Purgeable::SignIns, before.into(), limit.into())?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}

fn insert(db: &Database, event: &NewSignInEventRow, messages: &[NewMessage], at: DbTimestamp) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        diesel::insert_into(sign_in_events::table).values(event).execute(conn)?;
        write_messages(conn, messages, at)?;
        Ok(())
    }))
}

/// A part of a source: the newest items after a cursor.
struct Part {
    after: Option<(Key, i64)>,
    limit: i64,
}

impl Part {
    const fn newest_first(key: &'static str, id: &'static str) -> ListOrder {
        ListOrder { key, id: Some(id), order: Order::Desc }
    }
}

/// Adds the conditions of a part to a boxed query.
macro_rules! part {
    ($query:expr, $order:expr, $part:expr) => {{
        let query = $query.order($order).limit($part.limit);
        match $part.after {
            Some(cursor) => query.filter($order.keyset_filter(cursor)),
            None => query,
        }
    }};
}

fn changes(db: &Database, user: &User, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    const ORDER: ListOrder = Part::newest_first("audit_logs.timestamp", "audit_logs.id");
    let rows: Vec<UserChangeRow> = each!(db, |conn| {
        let entries = audit_logs::table
            .filter(lower_nullable(audit_logs::target).eq(user.user_id.key()))
            // Entries remain after their target is deleted, and an earlier user may have had the same user id.
            .filter(audit_logs::timestamp.ge(DbTimestamp::from(user.created_at)))
            .select(UserChangeRow::as_select())
            .into_boxed();
        Ok(part!(entries, ORDER, part).load(conn)?)
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

fn sign_ins(db: &Database, user: &User, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    const ORDER: ListOrder = Part::newest_first("sign_in_events.at", "sign_in_events.id");
    let rows: Vec<SignInEventRow> = each!(db, |conn| {
        let events = sign_in_events::table
            .filter(sign_in_events::user_id.eq(user.id.get()))
            .select(SignInEventRow::as_select())
            .into_boxed();
        Ok(part!(events, ORDER, part).load(conn)?)
    })?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
}

fn session_ends(db: &Database, user: &User, now: Timestamp, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    const ORDER: ListOrder = Part::newest_first("sessions.over_at", "sessions.id");
    let rows: Vec<SessionEndRow> = each!(db, |conn| {
        let over = sessions::table
            .filter(sessions::user_id.eq(user.id.get()).and(sessions::over_at.le(DbTimestamp::from(now))))
            .select(SessionEndRow::as_select())
            .into_boxed();
        Ok(part!(over, ORDER, part).load(conn)?)
    })?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
}

const NEWEST_MAILS: ListOrder = Part::newest_first("outbox.created_at", "outbox.id");

/// A boxed query of a part of the mails to a user.
macro_rules! mails_of {
    ($user:expr, $part:expr) => {{
        let mails = outbox::table.filter(outbox::user_id.eq($user)).select(UserMailRow::as_select()).into_boxed();
        part!(mails, NEWEST_MAILS, $part)
    }};
}

fn mails(db: &Database, user: &User, part: Part) -> Result<Vec<TimelineItem>, Failure> {
    let rows: Vec<UserMailRow> = each!(db, |conn| Ok(mails_of!(user.id.get(), part).load(conn)?))?;
    Ok(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
