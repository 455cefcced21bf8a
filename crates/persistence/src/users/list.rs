//! Lists of users.
//!
//! - With a filter by role and status only, a page is a range of an index, and the total comes from the counters.
//! - With any other filter, the keys of all matches are read and sorted in the process, as long as there are fewer than
//!   [`paging::MANY`]: the index that finds the matches is not in the order of the list.
//! - With more matches the total is not exact, and a scan in the order of the list fills a page after a few rows.

use diesel::dsl::{auto_type, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{LastLogin, Page, PageRequest, Source, Timestamp, Total, User, UserFilter, UserSort};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, Key, KeyColumn, Limited, ListOrder, PageSlice};
use crate::rows::{UserRow, readable_users};
use crate::schema::{login_failures, lower, user_counts, users};
use crate::timestamp::{DbTimestamp, UtcTs};

/// A page of a list, and the time of the request.
#[derive(Debug, Clone)]
pub(super) struct ListRequest {
    pub(super) query: UserQuery,
    pub(super) page: PageRequest,
    pub(super) now: Timestamp,
}

impl ListRequest {
    /// Whether the total comes from the counters.
    fn is_counted(&self) -> bool {
        let UserFilter { role, is_active, .. } = self.query.filter;
        self.query.filter == UserFilter { role, is_active, ..UserFilter::default() }
    }

    /// The rows of the page, and one more that shows whether another page follows.
    fn limit(&self) -> i64 {
        i64::from(self.page.size.get()) + 1
    }
}

/// From this offset on, the skipped rows are read as ids from the index, and only the rows of the page from the table.
const DEEP: i64 = 500;

/// The sort key of a user without a sign-in. Every sign-in is later.
const EPOCH: Timestamp = Timestamp::UNIX_EPOCH;

/// The time of the registration.
const CREATED_AT: &str = "users.created_at";

/// The time of the last sign-in, as its index has it.
const LAST_LOGIN: &str = "coalesce(users.last_login, '1970-01-01T00:00:00.000000Z')";

/// The locks of single sources that are valid at `now`.
#[auto_type]
fn locks_at(now: DbTimestamp) -> _ {
    let all: &'static str = Source::ALL;
    login_failures::table.filter(login_failures::locked_until.gt(now).and(login_failures::source.ne(all)))
}

/// Adds the filter of a request to a boxed query of users.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $request:expr, $expected:expr) => {{
        let mut query = $query;
        let filter = &$request.query.filter;
        match filter.role {
            // The condition of the partial index for administrators.
            Some(RoleFilter::Administrators) => query = query.filter(users::role.ne("user")),
            Some(RoleFilter::Exactly(role)) => query = query.filter(users::role.eq(role.as_str())),
            None => {}
        }
        if let Some(is_active) = filter.is_active {
            query = query.filter(users::is_active.eq(is_active));
        }
        // Many matches are read in the order of the list, so no other index than that of the order may be used.
        let key = |key, sort| match $expected {
            ExpectedMatches::Many if $request.query.sort != sort => {
                KeyColumn::<UtcTs>::new(key).with_prefix($conn.suppress_index())
            }
            _ => KeyColumn::<UtcTs>::new(key),
        };
        let created_at = key(CREATED_AT, UserSort::CreatedAt);
        if let Some(from) = filter.created.from() {
            query = query.filter(created_at.ge(DbTimestamp::from(from)));
        }
        if let Some(to) = filter.created.to() {
            query = query.filter(created_at.lt(DbTimestamp::from(to)));
        }
        let last_login = key(LAST_LOGIN, UserSort::LastLogin);
        match filter.last_login {
            // All of them have the same key, which is one range of the index of this order.
            Some(LastLogin::Never) if $request.query.sort == UserSort::LastLogin => {
                query = query.filter(last_login.le(DbTimestamp::from(EPOCH)));
            }
            Some(LastLogin::Never) => query = query.filter(users::last_login.is_null()),
            Some(LastLogin::Within(span)) => {
                query = match span.from() {
                    Some(from) if from > EPOCH => query.filter(last_login.ge(DbTimestamp::from(from))),
                    _ => query.filter(last_login.gt(DbTimestamp::from(EPOCH))),
                };
                if let Some(to) = span.to() {
                    query = query.filter(last_login.lt(DbTimestamp::from(to)));
                }
            }
            None => {}
        }
        if let Some(locked) = filter.locked {
            let locks = locks_at(DbTimestamp::from($request.now));
            // Locked users are found by the index on lower(user_id). SQLite uses such an index only if the other side
            // is an expression too. Unlocked users are read in the order of the list.
            if locked {
                query = query.filter(lower(users::user_id).eq_any(locks.select(lower(login_failures::account))));
            } else {
                let locked_out = locks.filter(login_failures::account.eq(lower(users::user_id)));
                query = query.filter(not(exists(locked_out)));
            }
        }
        if !$request.is_counted() {
            // The literal keeps the statement out of the cache, so that each execution is planned for its own values.
            query = query.filter(sql::<Bool>("TRUE"));
        }
        if let Some(term) = &filter.search {
            query = query.filter($conn.user_matches(term, $expected));
        }
        query
    }};
}

/// The sum of the counters for a filter by role and status.
macro_rules! counts {
    ($filter:expr) => {{
        let filter: &UserFilter = $filter;
        // Connections do not cache a statement that contains `sql`, so the sum is a `KeyColumn`.
        let sum = KeyColumn::<Nullable<BigInt>>::new("CAST(sum(user_counts.count) AS bigint)");
        let mut counts = user_counts::table.select(sum).into_boxed();
        if let Some(role) = filter.role {
            counts = counts.filter(user_counts::role.eq_any(role.roles().iter().map(|role| role.as_str())));
        }
        if let Some(is_active) = filter.is_active {
            counts = counts.filter(user_counts::is_active.eq(is_active));
        }
        counts
    }};
}

/// Reads one page of the users that match.
pub(super) fn read_page(db: &Database, request: &ListRequest) -> Result<Page<User>, Failure> {
    let ListRequest { query, page, .. } = request;
    let mut after = None;
    if let Some(position) = &page.after {
        let Some(key) = position_key(query.sort, position) else {
            // A forged cursor has no position, so no page follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            let none = ListRequest { page: none, ..request.clone() };
            return Ok(Page { items: Vec::new(), next: None, ..read_page(db, &none)? });
        };
        after = Some((key, position.id));
    }
    if !request.is_counted() {
        return read_searched_page(db, request, after);
    }
    if page.offset() == 0 {
        let (rows, total) = read_rows_and_total(db, request, after)?;
        let total = match total {
            Some(total) => total,
            None => count_users(db, &query.filter)?,
        };
        return Ok(page_of(request, rows, total));
    }
    let total = count_users(db, &query.filter)?;
    // The page is empty, and the database would skip all rows to find out.
    let is_beyond = i64::try_from(total.count).is_ok_and(|count| page.offset() >= count);
    let rows = if is_beyond { Vec::new() } else { read_rows(db, request, after)? };
    Ok(page_of(request, rows, total))
}

/// Reads a page of a list without counters.
fn read_searched_page(db: &Database, request: &ListRequest, after: Option<(Key, i64)>) -> Result<Page<User>, Failure> {
    let matches = find_matches(db, request)?;
    if matches.len() < usize::from(paging::MANY) {
        return read_slice(db, request, paging::slice(matches, request.query.order, after.as_ref(), &request.page));
    }
    Ok(page_of(request, read_rows(db, request, after)?, Total::capped(Total::CAP + 1)))
}

/// The order of a list, as its index has it. User ids and addresses are unique, so they need no second key.
fn list_order(query: &UserQuery) -> ListOrder {
    let (key, id) = match query.sort {
        UserSort::CreatedAt => (CREATED_AT, Some("users.id")),
        UserSort::UserId => ("lower(users.user_id)", None),
        UserSort::Email => ("users.email", None),
        UserSort::Name => ("users.name", Some("users.id")),
        UserSort::LastLogin => (LAST_LOGIN, Some("users.id")),
    };
    ListOrder { key, id, order: query.order }
}

fn position_key(sort: UserSort, position: &steward_domain::Position) -> Option<Key> {
    match sort {
        UserSort::CreatedAt | UserSort::LastLogin => Key::time(position),
        UserSort::UserId | UserSort::Email | UserSort::Name => Some(Key::Text(position.key.clone())),
    }
}

/// The page of the rows that were read for it, with one more row if another page follows.
fn page_of(request: &ListRequest, mut rows: Vec<UserRow>, total: Total) -> Page<User> {
    let size = request.page.size.get() as usize;
    let has_more = rows.len() > size;
    rows.truncate(size);
    to_page(request, rows, has_more, total)
}

/// Reads the users of a slice.
fn read_slice(db: &Database, request: &ListRequest, slice: PageSlice) -> Result<Page<User>, Failure> {
    let ids: Vec<i64> = slice.positions.into_iter().map(|(_, id)| id).collect();
    Ok(to_page(request, find_by_ids(db, &ids)?, slice.has_more, slice.total))
}

fn to_page(request: &ListRequest, rows: Vec<UserRow>, has_more: bool, total: Total) -> Page<User> {
    let next = rows.last().filter(|_| has_more).map(|last| last.sort_key(request.query.sort).position(last.id));
    Page { items: readable_users(rows), total, next }
}

/// Finds the keys and ids of the users that match, in no order, at most [`paging::MANY`].
fn find_matches(db: &Database, request: &ListRequest) -> Result<Vec<(Key, i64)>, Failure> {
    let limit = i64::from(paging::MANY);
    let query = &request.query;
    // Without a limit if there are other filters, because they drop some of the rows that the index finds.
    let search_alone = UserFilter { search: query.filter.search.clone(), ..UserFilter::default() };
    let expected = ExpectedMatches::AtMost(if query.filter == search_alone { limit } else { i64::MAX });
    match query.sort {
        UserSort::CreatedAt | UserSort::LastLogin => {
            let key = list_order(query).column::<UtcTs>();
            let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
                let found = users::table.select((key, users::id)).into_boxed();
                Ok(narrowed!(conn, found, request, expected).limit(limit).load(conn)?)
            })?;
            Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
        }
        UserSort::UserId | UserSort::Email | UserSort::Name => {
            let key = list_order(query).column::<Text>();
            let found: Vec<(String, i64)> = each!(db, |conn| {
                let found = users::table.select((key, users::id)).into_boxed();
                Ok(narrowed!(conn, found, request, expected).limit(limit).load(conn)?)
            })?;
            Ok(found.into_iter().map(|(text, id)| (Key::Text(text), id)).collect())
        }
    }
}

/// Reads users in the order of the list, after a position or an offset, and one more.
fn read_rows(db: &Database, request: &ListRequest, after: Option<(Key, i64)>) -> Result<Vec<UserRow>, Failure> {
    let (offset, limit) = (request.page.offset(), request.limit());
    if offset >= DEEP {
        return find_by_ids(db, &read_ids(db, request, offset, limit)?);
    }
    let order = list_order(&request.query);
    each!(db, |conn| {
        let list = users::table.select(UserRow::as_select()).into_boxed();
        let mut list = narrowed!(conn, list, request, ExpectedMatches::Many).order(order);
        if let Some(position) = after {
            list = list.filter(order.keyset_filter(position));
        }
        Ok(Limited::new(list, offset, limit).load(conn)?)
    })
}

/// Reads users from the beginning or after a position, and the total of the counters in the same query. Without a row
/// there is no total.
fn read_rows_and_total(
    db: &Database,
    request: &ListRequest,
    after: Option<(Key, i64)>,
) -> Result<(Vec<UserRow>, Option<Total>), Failure> {
    let order = list_order(&request.query);
    let rows: Vec<(UserRow, Option<i64>)> = each!(db, |conn| {
        let total = counts!(&request.query.filter).single_value();
        let list = users::table.select((UserRow::as_select(), total)).into_boxed();
        let mut list = narrowed!(conn, list, request, ExpectedMatches::Many).order(order);
        if let Some(position) = after {
            list = list.filter(order.keyset_filter(position));
        }
        Ok(Limited::new(list, 0, request.limit())
            .planned_once(request.query.filter == UserFilter::default())
            .load(conn)?)
    })?;
    let total = rows.first().map(|(_, count)| exact_total(*count));
    Ok((rows.into_iter().map(|(row, _)| row).collect(), total))
}

/// Reads ids of users in the order of the list, after an offset.
fn read_ids(db: &Database, request: &ListRequest, offset: i64, limit: i64) -> Result<Vec<i64>, Failure> {
    let order = list_order(&request.query);
    each!(db, |conn| {
        let list = users::table.select(users::id).into_boxed();
        let list = narrowed!(conn, list, request, ExpectedMatches::Many);
        Ok(list.order(order).limit(limit).offset(offset).load(conn)?)
    })
}

fn find_by_ids(db: &Database, ids: &[i64]) -> Result<Vec<UserRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = each!(db, |conn| {
        let found = users::table.filter(users::id.eq_any(conn.pad_keys(ids.to_vec())));
        Ok(found.select(UserRow::as_select()).load(conn)?)
    })?;
    Ok(paging::sort_by_ids(ids, rows, |row: &UserRow| row.id))
}

/// The number of users that pass a filter by role and status, from the counters.
fn count_users(db: &Database, filter: &UserFilter) -> Result<Total, Failure> {
    let count = each!(db, |conn| Ok(counts!(filter).get_result(conn)?))?;
    Ok(exact_total(count))
}

fn exact_total(count: Option<i64>) -> Total {
    Total::exact(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}
