//! Lists of users.
//!
//! - With a filter by role and status only, a page is a range of an index, and the total comes from the counters.
//! - With any other filter, the keys of at most [`paging::MANY`] matches are read. Few matches are sorted in the process:
//!   the index that finds them is not in the order of the list.
//! - Many matches have a total that is not exact. Their page is read in the order of the list, which fills it after a
//!   few rows.

mod statements;

use steward_domain::user::UserQuery;
use steward_domain::{Page, PageRequest, Position, Timestamp, Total, User, UserFilter, UserSort};

use self::statements::{count_users, find_by_ids, find_matches, read_rows, read_rows_and_total};
use crate::database::Database;
use crate::failure::Failure;
use crate::paging::{self, Key};
use crate::rows::{UserRow, readable_users};

/// A page of a list. Equal requests share a query, so a request contains the time only if its filter depends on it.
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

/// Reads one page of the users that match.
pub(super) fn read_page(db: &Database, request: &ListRequest) -> Result<Page<User>, Failure> {
    let page = &request.page;
    let mut after = None;
    if let Some(position) = &page.after {
        let Some(key) = position_key(request.query.sort, position) else {
            // A forged cursor has no position, so no page follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            let none = ListRequest { page: none, ..request.clone() };
            return Ok(Page { items: Vec::new(), next: None, ..read_page(db, &none)? });
        };
        after = Some((key, position.id));
    }
    if request.is_counted() { read_counted(db, request, after) } else { read_searched(db, request, after) }
}

/// Reads a page whose total comes from the counters.
fn read_counted(db: &Database, request: &ListRequest, after: Option<(Key, i64)>) -> Result<Page<User>, Failure> {
    let ListRequest { query, page, .. } = request;
    if page.offset() == 0 {
        let (rows, total) = read_rows_and_total(db, request, after)?;
        let total = match total {
            Some(total) => total,
            None => count_users(db, &query.filter)?,
        };
        return Ok(to_page(request, rows, total));
    }
    let total = count_users(db, &query.filter)?;
    let rows = if paging::is_beyond(page, total) { Vec::new() } else { read_rows(db, request, after)? };
    Ok(to_page(request, rows, total))
}

/// Reads a page of a list without counters.
fn read_searched(db: &Database, request: &ListRequest, after: Option<(Key, i64)>) -> Result<Page<User>, Failure> {
    let ListRequest { query, page, .. } = request;
    let matches = find_matches(db, request)?;
    if matches.len() >= usize::from(paging::MANY) {
        return Ok(to_page(request, read_rows(db, request, after)?, Total::ABOVE_CAP));
    }
    let slice = paging::slice(matches, query.order, after.as_ref(), page);
    let ids: Vec<i64> = slice.positions.into_iter().map(|(_, id)| id).collect();
    Ok(page_of(query.sort, find_by_ids(db, &ids)?, slice.has_more, slice.total))
}

/// The page of the rows that were read for it, with one more row if another page follows.
fn to_page(request: &ListRequest, mut rows: Vec<UserRow>, total: Total) -> Page<User> {
    let has_more = paging::truncate(&mut rows, &request.page);
    page_of(request.query.sort, rows, has_more, total)
}

/// The page with these rows.
fn page_of(sort: UserSort, rows: Vec<UserRow>, has_more: bool, total: Total) -> Page<User> {
    let next = rows.last().filter(|_| has_more).map(|last| last.sort_key(sort).position(last.id));
    Page { items: readable_users(rows), total, next }
}

fn position_key(sort: UserSort, position: &Position) -> Option<Key> {
    match sort {
        UserSort::CreatedAt | UserSort::LastLogin => Key::time(position),
        UserSort::UserId | UserSort::Email | UserSort::Name => Some(Key::Text(position.key.clone())),
    }
}
