//! Lists of good sessions, newest first.
//!
//! - The newest of all, or of one user, are a range of an index that holds no ended session, and how many there are is
//!   counted up to [`Total::CAP`].
//! - A search for part of a user reads the places of all matches, counts and cuts them here, as long as they are few
//!   ([`paging::FEW`]): the index that finds users knows nothing of this list's order. Where they are many, reading in
//!   the list's order soon fills a page.

use std::net::IpAddr;

use diesel::helper_types::InnerJoinQuerySource;
use diesel::prelude::*;
use steward_domain::{Order, Page, PageRequest, SearchTerm, SessionFilter, SessionRecord, Total};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, InOrder, Key};
use crate::rows::{SessionRecordRow, session_record_columns};
use crate::schema::{lower, sessions, users};
use crate::timestamp::DbTimestamp;

/// What is asked: which sessions, good when, and which page of them.
pub(super) type ListKey = (SessionFilter, DbTimestamp, PageRequest);

/// Sessions with their users.
type Joined = InnerJoinQuerySource<sessions::table, users::table>;

const NEWEST_FIRST: InOrder = InOrder { key: "sessions.created_at", id: Some("sessions.id"), order: Order::Desc };

/// Narrows a boxed query to the sessions that are good and pass a filter.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $filter:expr, $now:expr, $reach:expr) => {{
        let mut query = $query
            .filter(sessions::ended_at.is_null().and(sessions::expires_at.gt($now)))
            // Not `= true`, for which SQLite without statistics would begin with all active users.
            .filter(users::is_active.ne(false));
        if let Some(user) = &$filter.user {
            query = query.filter(lower(users::user_id).eq(user.key()));
        }
        match $filter.search.as_ref().map(Search::of) {
            Some(Search::Address(address)) => query = query.filter(sessions::ip_address.eq(address)),
            Some(Search::User(term)) => query = query.filter($conn.user_matches::<Joined>(term, $reach)),
            None => {}
        }
        query
    }};
}

/// What a term is looked for in.
enum Search<'a> {
    /// The address that a sign-in came from, as a whole, as it is stored.
    Address(String),
    /// Any part of a user.
    User(&'a SearchTerm),
}

impl<'a> Search<'a> {
    fn of(term: &'a SearchTerm) -> Self {
        match term.as_str().parse::<IpAddr>() {
            Ok(address) => Self::Address(address.to_canonical().to_string()),
            Err(_) => Self::User(term),
        }
    }
}

/// One page of the sessions that match.
pub(super) fn page(db: &Database, (filter, now, page): &ListKey) -> Result<Page<SessionRecord>, Failure> {
    let mut place = None;
    if let Some(position) = &page.after {
        let Some(key) = Key::time(position) else {
            // A cursor that somebody made up names no place, so nothing follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            let asked = (filter.clone(), *now, none);
            return Ok(Page { items: Vec::new(), next: None, ..self::page(db, &asked)? });
        };
        place = Some((key, position.id));
    }
    let searches_users = matches!(filter.search.as_ref().map(Search::of), Some(Search::User(_)));
    let total = if searches_users {
        let places = places(db, filter, *now)?;
        if places.len() < usize::from(paging::FEW) {
            let cut = paging::cut(places, Order::Desc, place.as_ref(), page);
            let ids: Vec<i64> = cut.places.into_iter().map(|(_, id)| id).collect();
            return finish(by_ids(db, &ids)?, cut.more, cut.total);
        }
        Total::capped(Total::CAP + 1)
    } else {
        counted(db, filter, *now)?
    };
    let size = page.size.get() as usize;
    let mut rows = match (total.exact, i64::try_from(total.count)) {
        // Nothing lies there, and skipping all rows to find that out would take its time.
        (true, Ok(count)) if page.offset() > 0 && page.offset() >= count => Vec::new(),
        _ => rows(db, filter, *now, place, page)?,
    };
    let more = rows.len() > size;
    rows.truncate(size);
    finish(rows, more, total)
}

fn finish(rows: Vec<SessionRecordRow>, more: bool, total: Total) -> Result<Page<SessionRecord>, Failure> {
    let next = rows.last().filter(|_| more).map(|last| Key::Time(last.created_at).position(last.id));
    Ok(Page { items: rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, total, next })
}

/// How many sessions pass a filter that an index serves.
pub(crate) fn counted(db: &Database, filter: &SessionFilter, now: DbTimestamp) -> Result<Total, Failure> {
    let limit = i64::try_from(Total::CAP + 1).unwrap_or(i64::MAX);
    // The ids themselves: a count would need a query within a query, and reading so few takes no longer.
    let found: Vec<i64> = each!(db, |conn| {
        let found = sessions::table.inner_join(users::table).select(sessions::id).into_boxed();
        Ok(narrowed!(conn, found, filter, now, ExpectedMatches::Many).limit(limit).load(conn)?)
    })?;
    Ok(Total::capped(found.len() as u64))
}

/// Where the sessions that match are, in no order, up to [`paging::FEW`] of them.
fn places(db: &Database, filter: &SessionFilter, now: DbTimestamp) -> Result<Vec<(Key, i64)>, Failure> {
    // The users that are found may have no good session, which must not use up what the index may find.
    let reach = ExpectedMatches::AtMost(i64::MAX);
    let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
        let found = sessions::table.inner_join(users::table).select((sessions::created_at, sessions::id)).into_boxed();
        Ok(narrowed!(conn, found, filter, now, reach).limit(i64::from(paging::FEW)).load(conn)?)
    })?;
    Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
}

/// A page of sessions, newest first, and one more.
fn rows(
    db: &Database,
    filter: &SessionFilter,
    now: DbTimestamp,
    place: Option<(Key, i64)>,
    page: &PageRequest,
) -> Result<Vec<SessionRecordRow>, Failure> {
    each!(db, |conn| {
        let list = sessions::table.inner_join(users::table).select(session_record_columns()).into_boxed();
        let mut list = narrowed!(conn, list, filter, now, ExpectedMatches::Many)
            .order(NEWEST_FIRST)
            .limit(i64::from(page.size.get()) + 1);
        if let Some(place) = place {
            list = list.filter(NEWEST_FIRST.keyset_filter(place));
        }
        if page.offset() > 0 {
            list = list.offset(page.offset());
        }
        Ok(list.load(conn)?)
    })
}

fn by_ids(db: &Database, ids: &[i64]) -> Result<Vec<SessionRecordRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = each!(db, |conn| {
        let some = sessions::table.inner_join(users::table).filter(sessions::id.eq_any(ids));
        Ok(some.select(session_record_columns()).load(conn)?)
    })?;
    Ok(paging::in_order_of(ids, rows, |row: &SessionRecordRow| row.id))
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Text;
    use diesel::sqlite::Sqlite;

    use super::*;
    use crate::database::DatabaseSettings;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    /// Statistics come with the rows, but not at once; the plan has to be good before.
    #[tokio::test]
    async fn sqlite_begins_with_the_newest_session_and_not_with_all_active_users() {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("{}/steward.db", folder.path().display());
        let settings = DatabaseSettings::new(format!("sqlite://{path}").into());
        Database::connect(&settings).unwrap().migrate().await.unwrap();
        let mut conn = SqliteConnection::establish(&path).unwrap();

        let (filter, now) = (SessionFilter::default(), DbTimestamp::from_micros(0).unwrap());
        let list = sessions::table.inner_join(users::table).select(sessions::id).into_boxed();
        let list = narrowed!(conn, list, filter, now, ExpectedMatches::Many).order(NEWEST_FIRST).limit(11);
        let query = diesel::debug_query::<Sqlite, _>(&list).to_string();
        let query = query.split(" -- binds").next().unwrap();
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(&mut conn).unwrap();
        assert_eq!(plan[0].detail, "SCAN sessions USING INDEX idx_sessions_open");
        assert!(!plan.iter().any(|step| step.detail.contains("TEMP B-TREE")));
    }
}
