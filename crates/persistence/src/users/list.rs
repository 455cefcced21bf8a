//! Lists of users.
//!
//! - Filtered by role and status alone, a page is a range of an index, and the total comes from the counters.
//! - By a search or anything else, the keys of all matches are read, counted, sorted and cut here, as long as they are few
//!   ([`paging::FEW`]); the index that finds them knows nothing of the list's order.
//! - When they are many, the total needs no exact number, and reading in the list's order soon fills a page.
//! - Where a page of either kind lay is remembered until a user changes.

use diesel::dsl::{auto_type, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{LastLogin, Page, PageRequest, Source, Timestamp, Total, User, UserFilter, UserSort};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, InOrder, Key, KeyColumn, Limited, Memory, PageSlice};
use crate::rows::{UserRow, readable_users};
use crate::schema::{login_failures, lower, user_changes, user_counts, users};
use crate::timestamp::{DbTimestamp, UtcTs};

/// Which page of which list is asked for. Equal ones are one question, so it holds the time only where that matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ListRequest {
    query: UserQuery,
    page: PageRequest,
    now: Option<Timestamp>,
}

impl ListRequest {
    pub(super) fn new(query: &UserQuery, page: &PageRequest, now: Timestamp) -> Self {
        let now = query.filter.locked.map(|_| now);
        Self { query: query.clone(), page: page.clone(), now }
    }

    /// Whether the counters know how many users there are.
    fn is_counted(&self) -> bool {
        let UserFilter { role, is_active, .. } = self.query.filter;
        self.query.filter == UserFilter { role, is_active, ..UserFilter::default() }
    }

    /// The rows to read for the page, one of them to tell that another page follows.
    fn limit(&self) -> i64 {
        i64::from(self.page.size.get()) + 1
    }

    /// Whether nobody enters or leaves the list but by a change that is counted, which signing in is not.
    fn is_stable(&self) -> bool {
        self.query.filter.last_login.is_none() && self.query.filter.locked.is_none()
    }
}

/// What searches among users found.
pub(super) type UserMemory = Memory<UserFilter, (UserQuery, PageRequest)>;

/// From so many rows on, skipping reads ids alone, which lie in the index, and rows only for the page.
const DEEP: i64 = 500;

/// Who never signed in counts as this; no sign-in is as early.
const EPOCH: Timestamp = Timestamp::UNIX_EPOCH;

/// When an account was made.
const CREATED_AT: &str = "users.created_at";

/// The last sign-in as its index is written.
const LAST_LOGIN: &str = "coalesce(users.last_login, '1970-01-01T00:00:00.000000Z')";

/// The locks of single sources that are valid at `now`.
#[auto_type]
fn locks_at(now: DbTimestamp) -> _ {
    let all: &'static str = Source::ALL;
    login_failures::table.filter(login_failures::locked_until.gt(now).and(login_failures::source.ne(all)))
}

/// Narrows a boxed query to the users that pass the filter of what is wanted.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $wanted:expr, $reach:expr) => {{
        let mut query = $query;
        let filter = &$wanted.query.filter;
        match filter.role {
            // Written as the partial index for administrators is.
            Some(RoleFilter::Administrators) => query = query.filter(users::role.ne("user")),
            Some(RoleFilter::Exactly(role)) => query = query.filter(users::role.eq(role.as_str())),
            None => {}
        }
        if let Some(is_active) = filter.is_active {
            query = query.filter(users::is_active.eq(is_active));
        }
        // Of many, a page is soon met in the list's order, which another index than that order's knows nothing of.
        let key = |key, sort| match $reach {
            ExpectedMatches::Many if $wanted.query.sort != sort => KeyColumn::<UtcTs>::new(key).after($conn.suppress_index()),
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
            // All of them have the same key, so in its order they are one range of its index.
            Some(LastLogin::Never) if $wanted.query.sort == UserSort::LastLogin => {
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
        if let (Some(locked), Some(now)) = (filter.locked, $wanted.now) {
            let locks = locks_at(DbTimestamp::from(now));
            // Whoever is locked out is looked up by id, by an index on an expression, which SQLite compares with nothing
            // but expressions. Whoever is not is met in the list's order.
            if locked {
                query = query.filter(lower(users::user_id).eq_any(locks.select(lower(login_failures::account))));
            } else {
                let locked_out = locks.filter(login_failures::account.eq(lower(users::user_id)));
                query = query.filter(not(exists(locked_out)));
            }
        }
        if !$wanted.is_counted() {
            // The literal keeps the statement out of the cache, so that each is planned for its own spans.
            query = query.filter(sql::<Bool>("TRUE"));
        }
        if let Some(term) = &filter.search {
            query = query.filter($conn.user_matches(term, $reach));
        }
        query
    }};
}

/// The counters of the users that pass a filter by role and status, summed up.
macro_rules! counts {
    ($filter:expr) => {{
        let filter: &UserFilter = $filter;
        // A statement that holds `sql` is not kept by its connection, but prepared anew each time.
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

/// One page of the users that match.
pub(super) fn page(db: &Database, memory: &UserMemory, wanted: &ListRequest) -> Result<Page<User>, Failure> {
    let ListRequest { query, page, .. } = wanted;
    let mut place = None;
    if let Some(position) = &page.after {
        let Some(key) = place_key(query.sort, position) else {
            // A cursor that somebody made up names no place, so nothing follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            let none = ListRequest { page: none, ..wanted.clone() };
            return Ok(Page { items: Vec::new(), next: None, ..self::page(db, memory, &none)? });
        };
        place = Some((key, position.id));
    }
    if !wanted.is_counted() {
        return searched(db, memory, wanted, place);
    }
    if page.offset() == 0 {
        let (rows, total) = rows_and_total(db, wanted, place)?;
        let total = match total {
            Some(total) => total,
            None => counted(db, &query.filter)?,
        };
        return Ok(cut(wanted, rows, total));
    }
    let total = counted(db, &query.filter)?;
    // Nothing lies beyond the last one, and skipping all rows to find that out would take its time.
    let is_beyond = i64::try_from(total.count).is_ok_and(|count| page.offset() >= count);
    let rows = if is_beyond { Vec::new() } else { rows(db, wanted, place)? };
    Ok(cut(wanted, rows, total))
}

/// A page of a list that no counter knows. Where it lay is remembered until a user changes, if nothing else moves it.
fn searched(
    db: &Database,
    memory: &UserMemory,
    wanted: &ListRequest,
    place: Option<(Key, i64)>,
) -> Result<Page<User>, Failure> {
    let ListRequest { query, page, .. } = wanted;
    let state = if wanted.is_stable() { Some(changes(db)?) } else { None };
    // Signing in is no change that is counted.
    let lasting = state.filter(|_| query.sort != UserSort::LastLogin);
    let asked = (query.clone(), page.clone());
    if let Some(cut) = lasting.and_then(|state| memory.page(&asked, state)) {
        return at(db, wanted, cut);
    }
    let remember = |cut: &PageSlice| {
        if let Some(state) = lasting {
            memory.remember_page(&asked, state, cut);
        }
    };
    if !state.is_some_and(|state| memory.matches_many(&query.filter, state)) {
        let matches = matches(db, wanted)?;
        if matches.len() < usize::from(paging::FEW) {
            let cut = paging::cut(matches, query.order, place.as_ref(), page);
            remember(&cut);
            return at(db, wanted, cut);
        }
        if let Some(state) = state {
            memory.remember_many(&query.filter, state);
        }
    }
    let (rows, size) = (rows(db, wanted, place)?, page.size.get() as usize);
    let places = rows.iter().take(size).map(|row| (row.sort_key(query.sort), row.id)).collect();
    let total = Total::capped(Total::CAP + 1);
    remember(&PageSlice { places, more: rows.len() > size, total });
    Ok(cut(wanted, rows, total))
}

/// The order as its index is written. User ids and addresses are unique, so their ids never decide.
fn in_order(query: &UserQuery) -> InOrder {
    let (key, id) = match query.sort {
        UserSort::CreatedAt => (CREATED_AT, Some("users.id")),
        UserSort::UserId => ("lower(users.user_id)", None),
        UserSort::Email => ("users.email", None),
        UserSort::Name => ("users.name", Some("users.id")),
        UserSort::LastLogin => (LAST_LOGIN, Some("users.id")),
    };
    InOrder { key, id, order: query.order }
}

fn place_key(sort: UserSort, position: &steward_domain::Position) -> Option<Key> {
    match sort {
        UserSort::CreatedAt | UserSort::LastLogin => Key::time(position),
        UserSort::UserId | UserSort::Email | UserSort::Name => Some(Key::Text(position.key.clone())),
    }
}

/// A page of the rows that were read for it, one more of which tells that another page follows.
fn cut(wanted: &ListRequest, mut rows: Vec<UserRow>, total: Total) -> Page<User> {
    let size = wanted.page.size.get() as usize;
    let more = rows.len() > size;
    rows.truncate(size);
    finish(wanted, rows, more, total)
}

/// The page whose users are at these places.
fn at(db: &Database, wanted: &ListRequest, cut: PageSlice) -> Result<Page<User>, Failure> {
    let ids: Vec<i64> = cut.places.into_iter().map(|(_, id)| id).collect();
    Ok(finish(wanted, by_ids(db, &ids)?, cut.more, cut.total))
}

fn finish(wanted: &ListRequest, rows: Vec<UserRow>, more: bool, total: Total) -> Page<User> {
    let next = rows.last().filter(|_| more).map(|last| last.sort_key(wanted.query.sort).position(last.id));
    Page { items: readable_users(rows), total, next }
}

/// Keys and ids of the users that match, in no order, up to [`paging::FEW`] of them.
fn matches(db: &Database, wanted: &ListRequest) -> Result<Vec<(Key, i64)>, Failure> {
    let limit = i64::from(paging::FEW);
    let query = &wanted.query;
    // What another filter drops must not use up what the index may find.
    let search_alone = UserFilter { search: query.filter.search.clone(), ..UserFilter::default() };
    let reach = ExpectedMatches::AtMost(if query.filter == search_alone { limit } else { i64::MAX });
    match query.sort {
        UserSort::CreatedAt | UserSort::LastLogin => {
            let key = in_order(query).column::<UtcTs>();
            let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
                let found = users::table.select((key, users::id)).into_boxed();
                Ok(narrowed!(conn, found, wanted, reach).limit(limit).load(conn)?)
            })?;
            Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
        }
        UserSort::UserId | UserSort::Email | UserSort::Name => {
            let key = in_order(query).column::<Text>();
            let found: Vec<(String, i64)> = each!(db, |conn| {
                let found = users::table.select((key, users::id)).into_boxed();
                Ok(narrowed!(conn, found, wanted, reach).limit(limit).load(conn)?)
            })?;
            Ok(found.into_iter().map(|(text, id)| (Key::Text(text), id)).collect())
        }
    }
}

/// Users in the list's order, from a place or an offset on, and one more.
fn rows(db: &Database, wanted: &ListRequest, place: Option<(Key, i64)>) -> Result<Vec<UserRow>, Failure> {
    let (offset, limit) = (wanted.page.offset(), wanted.limit());
    if offset >= DEEP {
        return by_ids(db, &ids(db, wanted, offset, limit)?);
    }
    let order = in_order(&wanted.query);
    each!(db, |conn| {
        let list = users::table.select(UserRow::as_select()).into_boxed();
        let mut list = narrowed!(conn, list, wanted, ExpectedMatches::Many).order(order);
        if let Some(place) = place {
            list = list.filter(order.keyset_filter(place));
        }
        Ok(Limited::new(list, offset, limit).load(conn)?)
    })
}

/// The same from a place or the beginning on, with what the counters say, which no row tells if there is none.
fn rows_and_total(
    db: &Database,
    wanted: &ListRequest,
    place: Option<(Key, i64)>,
) -> Result<(Vec<UserRow>, Option<Total>), Failure> {
    let order = in_order(&wanted.query);
    let rows: Vec<(UserRow, Option<i64>)> = each!(db, |conn| {
        let total = counts!(&wanted.query.filter).single_value();
        let list = users::table.select((UserRow::as_select(), total)).into_boxed();
        let mut list = narrowed!(conn, list, wanted, ExpectedMatches::Many).order(order);
        if let Some(place) = place {
            list = list.filter(order.keyset_filter(place));
        }
        Ok(Limited::new(list, 0, wanted.limit())
            .planned_once(wanted.query.filter == UserFilter::default())
            .load(conn)?)
    })?;
    let total = rows.first().map(|(_, count)| exactly(*count));
    Ok((rows.into_iter().map(|(row, _)| row).collect(), total))
}

/// Ids of users in the list's order, from an offset on.
fn ids(db: &Database, wanted: &ListRequest, offset: i64, limit: i64) -> Result<Vec<i64>, Failure> {
    let order = in_order(&wanted.query);
    each!(db, |conn| {
        let list = users::table.select(users::id).into_boxed();
        let list = narrowed!(conn, list, wanted, ExpectedMatches::Many);
        Ok(list.order(order).limit(limit).offset(offset).load(conn)?)
    })
}

fn by_ids(db: &Database, ids: &[i64]) -> Result<Vec<UserRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = each!(db, |conn| {
        let found = users::table.filter(users::id.eq_any(conn.pad_keys(ids.to_vec()))).select(UserRow::as_select());
        Ok(conn.cached_query(found).load(conn)?)
    })?;
    Ok(paging::in_order_of(ids, rows, |row: &UserRow| row.id))
}

/// How many users pass a filter by role and status, from the counters.
fn counted(db: &Database, filter: &UserFilter) -> Result<Total, Failure> {
    let count = each!(db, |conn| Ok(counts!(filter).get_result(conn)?))?;
    Ok(exactly(count))
}

fn exactly(count: Option<i64>) -> Total {
    Total::exact(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// How many users were added, changed or removed so far.
fn changes(db: &Database) -> Result<i64, Failure> {
    let counts: Vec<i64> = each!(db, |conn| Ok(user_changes::table.select(user_changes::count).load(conn)?))?;
    Ok(counts.iter().sum())
}
