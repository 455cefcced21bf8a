//! Lists of users.
//!
//! - Without a search, a page is a range of an index, and the total comes from the counters.
//! - With one, the keys of all matches are read, counted, sorted and cut here, as long as they are few
//!   ([`paging::FEW`]); the index that finds them knows nothing of the list's order.
//!   What lay on a page is remembered until a user changes.
//! - When they are many, the total needs no exact number, and reading in the list's order soon fills a page.

use diesel::prelude::*;
use diesel::sql_types::Text;
use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{Page, PageRequest, Total, User, UserFilter, UserSort};

use super::row::{UserRow, readable};
use crate::database::{Database, each};
use crate::dialect::{Dialect, Reach};
use crate::failure::Failure;
use crate::moment::{Moment, UtcTs};
use crate::paging::{self, Cut, InOrder, Key, Memory};
use crate::schema::{user_changes, user_counts, users};

/// What searches among users found.
pub(super) type UserMemory = Memory<UserFilter, (UserQuery, PageRequest)>;

/// From so many rows on, skipping reads ids alone, which lie in the index, and rows only for the page.
const DEEP: i64 = 500;

/// Narrows a boxed query to the users that pass a filter.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $filter:expr, $reach:expr) => {{
        let mut query = $query;
        match $filter.role {
            // Written as the partial index for administrators is.
            Some(RoleFilter::Administrators) => query = query.filter(users::role.ne("user")),
            Some(RoleFilter::Exactly(role)) => query = query.filter(users::role.eq(role.as_str())),
            None => {}
        }
        if let Some(is_active) = $filter.is_active {
            query = query.filter(users::is_active.eq(is_active));
        }
        if let Some(term) = &$filter.search {
            query = query.filter($conn.user_matches(term, $reach));
        }
        query
    }};
}

/// One page of the users that match.
pub(super) fn page(
    db: &Database,
    memory: &UserMemory,
    query: &UserQuery,
    page: &PageRequest,
) -> Result<Page<User>, Failure> {
    let mut place = None;
    if let Some(position) = &page.after {
        let Some(key) = place_key(query.sort, position) else {
            // A cursor that somebody made up names no place, so nothing follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            return Ok(Page { items: Vec::new(), next: None, ..self::page(db, memory, query, &none)? });
        };
        place = Some((key, position.id));
    }
    let total = if query.filter.search.is_some() {
        let state = changes(db)?;
        if !memory.matches_many(&query.filter, state) {
            if let Some(cut) = few(db, memory, state, query, page, place.as_ref())? {
                let ids: Vec<i64> = cut.places.into_iter().map(|(_, id)| id).collect();
                return Ok(finish(query.sort, by_ids(db, &ids)?, cut.more, cut.total));
            }
            memory.remember_many(&query.filter, state);
        }
        Total::capped(Total::CAP + 1)
    } else {
        counted(db, &query.filter)?
    };
    let size = page.size.get() as usize;
    let mut rows = match (total.exact, i64::try_from(total.count)) {
        // Nothing lies there, and skipping all rows to find that out would take its time.
        (true, Ok(count)) if page.offset() > 0 && page.offset() >= count => Vec::new(),
        _ if page.offset() >= DEEP => {
            let ids = ids(db, query, page.offset(), i64::from(page.size.get()) + 1)?;
            by_ids(db, &ids)?
        }
        _ => rows(db, query, place, page.offset(), i64::from(page.size.get()) + 1)?,
    };
    let more = rows.len() > size;
    rows.truncate(size);
    Ok(finish(query.sort, rows, more, total))
}

/// The order as its index is written. User ids and addresses are unique, so their ids never decide.
fn in_order(query: &UserQuery) -> InOrder {
    let (key, id) = match query.sort {
        UserSort::CreatedAt => ("users.created_at", Some("users.id")),
        UserSort::UserId => ("lower(users.user_id)", None),
        UserSort::Email => ("users.email", None),
        UserSort::Name => ("users.name", Some("users.id")),
        UserSort::LastLogin => ("coalesce(users.last_login, '1970-01-01T00:00:00.000000Z')", Some("users.id")),
    };
    InOrder { key, id, order: query.order }
}

fn place_key(sort: UserSort, position: &steward_domain::Position) -> Option<Key> {
    match sort {
        UserSort::CreatedAt | UserSort::LastLogin => Key::time(position),
        UserSort::UserId | UserSort::Email | UserSort::Name => Some(Key::Text(position.key.clone())),
    }
}

fn finish(sort: UserSort, rows: Vec<UserRow>, more: bool, total: Total) -> Page<User> {
    let next = rows.last().filter(|_| more).map(|last| last.key(sort).position(last.id));
    Page { items: readable(rows), total, next }
}

/// A page out of few matches; `None` if they are many.
fn few(
    db: &Database,
    memory: &UserMemory,
    state: i64,
    query: &UserQuery,
    page: &PageRequest,
    place: Option<&(Key, i64)>,
) -> Result<Option<Cut>, Failure> {
    let asked = (query.clone(), page.clone());
    if let Some(cut) = memory.page(&asked, state) {
        return Ok(Some(cut));
    }
    let matches = matches(db, query)?;
    if matches.len() >= usize::from(paging::FEW) {
        return Ok(None);
    }
    let cut = paging::cut(matches, query.order, place, page);
    // Signing in is no change that is counted.
    if query.sort != UserSort::LastLogin {
        memory.remember_page(&asked, state, &cut);
    }
    Ok(Some(cut))
}

/// Keys and ids of the users that match, in no order, up to [`paging::FEW`] of them.
fn matches(db: &Database, query: &UserQuery) -> Result<Vec<(Key, i64)>, Failure> {
    let limit = i64::from(paging::FEW);
    // What another filter drops must not use up what the index may find.
    let reach = match query.filter {
        UserFilter { role: None, is_active: None, .. } => Reach::AtMost(limit),
        _ => Reach::AtMost(i64::MAX),
    };
    match query.sort {
        UserSort::CreatedAt | UserSort::LastLogin => {
            let key = in_order(query).column::<UtcTs>();
            let found: Vec<(Moment, i64)> = each!(db, |conn| {
                let found = users::table.select((key, users::id)).into_boxed();
                Ok(narrowed!(conn, found, query.filter, reach).limit(limit).load(conn)?)
            })?;
            Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
        }
        UserSort::UserId | UserSort::Email | UserSort::Name => {
            let key = in_order(query).column::<Text>();
            let found: Vec<(String, i64)> = each!(db, |conn| {
                let found = users::table.select((key, users::id)).into_boxed();
                Ok(narrowed!(conn, found, query.filter, reach).limit(limit).load(conn)?)
            })?;
            Ok(found.into_iter().map(|(text, id)| (Key::Text(text), id)).collect())
        }
    }
}

/// Users in the list's order, from a place or an offset on.
fn rows(
    db: &Database,
    query: &UserQuery,
    place: Option<(Key, i64)>,
    offset: i64,
    limit: i64,
) -> Result<Vec<UserRow>, Failure> {
    let order = in_order(query);
    each!(db, |conn| {
        let list = users::table.select(UserRow::as_select()).into_boxed();
        let mut list = narrowed!(conn, list, query.filter, Reach::Many).order(order).limit(limit);
        if let Some(place) = place {
            list = list.filter(order.beyond(place));
        }
        if offset > 0 {
            list = list.offset(offset);
        }
        Ok(list.load(conn)?)
    })
}

/// Ids of users in the list's order, from an offset on.
fn ids(db: &Database, query: &UserQuery, offset: i64, limit: i64) -> Result<Vec<i64>, Failure> {
    let order = in_order(query);
    each!(db, |conn| {
        let list = users::table.select(users::id).into_boxed();
        let list = narrowed!(conn, list, query.filter, Reach::Many);
        Ok(list.order(order).limit(limit).offset(offset).load(conn)?)
    })
}

fn by_ids(db: &Database, ids: &[i64]) -> Result<Vec<UserRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows =
        each!(db, |conn| { Ok(users::table.filter(users::id.eq_any(ids)).select(UserRow::as_select()).load(conn)?) })?;
    Ok(paging::in_order_of(ids, rows, |row: &UserRow| row.id))
}

/// How many users pass a filter without a search, from the counters.
fn counted(db: &Database, filter: &UserFilter) -> Result<Total, Failure> {
    let counts: Vec<(String, bool, i64)> = each!(db, |conn| {
        Ok(user_counts::table.select((user_counts::role, user_counts::is_active, user_counts::count)).load(conn)?)
    })?;
    let passes = |role: &str, is_active: bool| {
        filter.role.is_none_or(|wanted| wanted.roles().iter().any(|wanted| wanted.as_str() == role))
            && filter.is_active.is_none_or(|wanted| wanted == is_active)
    };
    let sum: i64 = counts.iter().filter(|(role, active, _)| passes(role, *active)).map(|(_, _, count)| count).sum();
    Ok(Total::exact(u64::try_from(sum).unwrap_or(0)))
}

/// How many users were added, changed or removed so far.
fn changes(db: &Database) -> Result<i64, Failure> {
    let counts: Vec<i64> = each!(db, |conn| Ok(user_changes::table.select(user_changes::count).load(conn)?))?;
    Ok(counts.iter().sum())
}
