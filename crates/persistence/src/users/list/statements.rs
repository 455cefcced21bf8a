//! The statements that read lists of users.

use diesel::dsl::{auto_type, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{LastLogin, Source, Timestamp, Total, UserFilter, UserSort};

use super::ListRequest;
use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, Key, KeyColumn, Limited, ListOrder};
use crate::rows::UserRow;
use crate::schema::{login_failures, lower, user_counts, users};
use crate::timestamp::{DbTimestamp, UtcTs};

/// From this offset on, the skipped rows are read as ids from the index, and only the rows of the page from the table.
/// The page after 10,000 of 1,000,000 users takes 0.7 ms and not 1.4 ms.
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
        if let (Some(locked), Some(now)) = (filter.locked, $request.now) {
            let locks = locks_at(DbTimestamp::from(now));
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

/// The matches to expect, for a database that does not estimate them.
fn expected_matches(db: &Database, filter: &UserFilter) -> Result<ExpectedMatches, Failure> {
    let limit = i64::from(paging::MANY);
    let Some(term) = &filter.search else { return Ok(ExpectedMatches::AtMost(limit)) };
    let is_alone = *filter == UserFilter { search: filter.search.clone(), ..UserFilter::default() };
    each!(db, |conn| Ok(ExpectedMatches::of_search(conn, is_alone, |conn| {
        let matches = conn.user_matches(term, ExpectedMatches::AtMost(limit));
        let found: Vec<i64> = users::table.filter(matches).select(users::id).limit(limit).load(conn)?;
        Ok(found.len())
    })?))
}

/// Finds the keys and ids of the users that match, in no order, at most [`paging::MANY`].
pub(super) fn find_matches(db: &Database, request: &ListRequest) -> Result<Vec<(Key, i64)>, Failure> {
    let limit = i64::from(paging::MANY);
    let query = &request.query;
    let expected = expected_matches(db, &query.filter)?;
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
pub(super) fn read_rows(
    db: &Database,
    request: &ListRequest,
    after: Option<(Key, i64)>,
) -> Result<Vec<UserRow>, Failure> {
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
pub(super) fn read_rows_and_total(
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

/// Reads the users with these ids, in their order.
pub(super) fn find_by_ids(db: &Database, ids: &[i64]) -> Result<Vec<UserRow>, Failure> {
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
pub(super) fn count_users(db: &Database, filter: &UserFilter) -> Result<Total, Failure> {
    let count = each!(db, |conn| Ok(counts!(filter).get_result(conn)?))?;
    Ok(exact_total(count))
}

fn exact_total(count: Option<i64>) -> Total {
    Total::exact(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}
