//! Lists of active sessions, newest first.
//!
//! - The newest sessions of all users or of one user are a range of an index without ended sessions. They are counted
//!   up to [`Total::CAP`].
//! - A search for part of a user, and a filter by network or device, read the positions of all matches and sort them in
//!   the process, as long as there are fewer than [`paging::MANY`]: their index is not in the order of the list. With more
//!   matches, a scan in the order of the list fills a page after a few rows.

use std::net::IpAddr;

use diesel::helper_types::InnerJoinQuerySource;
use diesel::prelude::*;
use diesel::sql_types::Text;
use steward_domain::{
    DeviceFilter, DeviceMatch, Order, Page, PageRequest, SearchTerm, SessionFilter, SessionRecord, Total, address_key,
};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, Key, KeyColumn, ListOrder};
use crate::rows::{SessionRecordRow, session_record_columns};
use crate::schema::{lower, sessions, users};
use crate::timestamp::DbTimestamp;

/// A page of the sessions that pass a filter at a time.
pub(super) type ListRequest = (SessionFilter, DbTimestamp, PageRequest);

/// Sessions with their users.
type Joined = InnerJoinQuerySource<sessions::table, users::table>;

const NEWEST_FIRST: ListOrder = ListOrder { key: "sessions.created_at", id: Some("sessions.id"), order: Order::Desc };

/// Adds the conditions for active sessions that pass a filter to a boxed query.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $filter:expr, $now:expr, $expected:expr) => {{
        let mut query = $query
            .filter(sessions::ended_at.is_null().and(sessions::expires_at.gt($now)))
            // With `= true`, SQLite without statistics would scan all active users first.
            .filter(users::is_active.ne(false));
        if let Some(user) = &$filter.user {
            query = query.filter(lower(users::user_id).eq(user.key()));
        }
        match $filter.search.as_ref().map(Search::of) {
            Some(Search::Address(address)) => query = query.filter(sessions::ip_address.eq(address)),
            Some(Search::User(term)) => query = query.filter($conn.user_matches::<Joined>(term, $expected)),
            None => {}
        }
        // Many matches are read in the order of the list, which the indexes of these columns do not have.
        let prefix = if $expected == ExpectedMatches::Many { $conn.suppress_index() } else { "" };
        if let Some(range) = &$filter.address {
            let address = KeyColumn::<Text>::new("sessions.address_key").with_prefix(prefix);
            let (first, last) = (address_key(range.first()), address_key(range.last()));
            query = query.filter(address.ge(first)).filter(address.le(last));
        }
        let device = KeyColumn::<Text>::new("sessions.device_key").with_prefix(prefix);
        match $filter.device.as_ref().map(DeviceFilter::matches) {
            Some(DeviceMatch::Keys(keys)) => query = query.filter(device.eq_any(keys)),
            Some(DeviceMatch::Beginning(beginning)) => {
                let end = paging::after_all(&beginning);
                query = query.filter(device.ge(beginning)).filter(device.lt(end));
            }
            None => {}
        }
        query
    }};
}

/// The column that a search term is for.
enum Search<'a> {
    /// The address of the sign-in, complete and as it is stored.
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

/// Reads one page of the sessions that match and are active at `now`.
pub(super) fn read_page(db: &Database, request: &ListRequest) -> Result<Page<SessionRecord>, Failure> {
    let (filter, now, page) = (&request.0, request.1, &request.2);
    let mut after = None;
    if let Some(position) = &page.after {
        let Some(key) = Key::time(position) else {
            // A forged cursor has no position, so no page follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            return Ok(Page { items: Vec::new(), next: None, ..read_page(db, &(filter.clone(), now, none))? });
        };
        after = Some((key, position.id));
    }
    let searches_users = matches!(filter.search.as_ref().map(Search::of), Some(Search::User(_)));
    let total = if searches_users || filter.address.is_some() || filter.device.is_some() {
        let matches = find_matches(db, filter, now)?;
        if matches.len() < usize::from(paging::MANY) {
            let slice = paging::slice(matches, Order::Desc, after.as_ref(), page);
            let ids: Vec<i64> = slice.positions.into_iter().map(|(_, id)| id).collect();
            return to_page(find_by_ids(db, &ids)?, slice.has_more, slice.total);
        }
        Total::ABOVE_CAP
    } else {
        count(db, filter, now, Total::CAP)?
    };
    let mut rows = if paging::is_beyond(page, total) { Vec::new() } else { read_rows(db, filter, now, after, page)? };
    let has_more = paging::truncate(&mut rows, page);
    to_page(rows, has_more, total)
}

fn to_page(rows: Vec<SessionRecordRow>, has_more: bool, total: Total) -> Result<Page<SessionRecord>, Failure> {
    let next = rows.last().filter(|_| has_more).map(|last| Key::Time(last.created_at).position(last.id));
    Ok(Page { items: rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, total, next })
}

/// Counts the active sessions that pass a filter for which there is an index, up to `cap`.
pub(crate) fn count(db: &Database, filter: &SessionFilter, now: DbTimestamp, cap: u64) -> Result<Total, Failure> {
    let limit = i64::try_from(cap + 1).unwrap_or(i64::MAX);
    // Reads the ids: a limited count would need a subquery, and is no faster for so few rows.
    let found: Vec<i64> = each!(db, |conn| {
        let found = sessions::table.inner_join(users::table).select(sessions::id).into_boxed();
        Ok(narrowed!(conn, found, filter, now, ExpectedMatches::Many).limit(limit).load(conn)?)
    })?;
    Ok(Total::capped_at(cap, found.len() as u64))
}

/// Finds the positions of the sessions that match, in no order, at most [`paging::MANY`].
fn find_matches(db: &Database, filter: &SessionFilter, now: DbTimestamp) -> Result<Vec<(Key, i64)>, Failure> {
    // Without a limit, because some of the users that the index finds have no active session.
    let expected = ExpectedMatches::AtMost(i64::MAX);
    let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
        let found = sessions::table.inner_join(users::table).select((sessions::created_at, sessions::id)).into_boxed();
        Ok(narrowed!(conn, found, filter, now, expected).limit(i64::from(paging::MANY)).load(conn)?)
    })?;
    Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
}

/// Reads a page of sessions, newest first, and one more.
fn read_rows(
    db: &Database,
    filter: &SessionFilter,
    now: DbTimestamp,
    after: Option<(Key, i64)>,
    page: &PageRequest,
) -> Result<Vec<SessionRecordRow>, Failure> {
    each!(db, |conn| {
        let list = sessions::table.inner_join(users::table).select(session_record_columns()).into_boxed();
        let mut list = narrowed!(conn, list, filter, now, ExpectedMatches::Many)
            .order(NEWEST_FIRST)
            .limit(i64::from(page.size.get()) + 1);
        if let Some(position) = after {
            list = list.filter(NEWEST_FIRST.keyset_filter(position));
        }
        if page.offset() > 0 {
            list = list.offset(page.offset());
        }
        Ok(list.load(conn)?)
    })
}

fn find_by_ids(db: &Database, ids: &[i64]) -> Result<Vec<SessionRecordRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = each!(db, |conn| {
        let found = sessions::table.inner_join(users::table).filter(sessions::id.eq_any(ids));
        Ok(found.select(session_record_columns()).load(conn)?)
    })?;
    Ok(paging::sort_by_ids(ids, rows, |row: &SessionRecordRow| row.id))
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

    /// SQLite collects statistics some time after the first rows; the plan must be good before.
    #[tokio::test]
    async fn sqlite_scans_the_newest_sessions_first_and_not_all_active_users() {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("{}/steward.db", folder.path().display());
        let settings = DatabaseSettings::new(format!("sqlite://{path}").parse().unwrap());
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
