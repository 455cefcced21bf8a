//! Lists that are sorted by id, newest first.

use steward_domain::ports::StoreError;
use steward_domain::{Page, PageRequest, Position, Total};

use super::{is_beyond, truncate};
use crate::failure::Failure;

/// Adds the order and the part of a page to a boxed query, with one more row than the page has.
macro_rules! newest_first {
    ($query:expr, $id:expr, $page:expr) => {{
        let page: &steward_domain::PageRequest = $page;
        let mut query = $query.order($id.desc()).limit(i64::from(page.size.get()) + 1);
        if let Some(after) = &page.after {
            query = query.filter($id.lt(after.id));
        }
        if page.offset() > 0 {
            query = query.offset(page.offset());
        }
        query
    }};
}
pub(crate) use newest_first;

/// Creates a page from the rows of a [`newest_first`] query. `matches` are the ids of at most
/// [`MANY`](super::MANY) matches. The rows are not read if the page begins after them.
pub(crate) fn page_by_id<Row, Item>(
    page: &PageRequest,
    matches: &[i64],
    read: impl FnOnce() -> Result<Vec<Row>, Failure>,
    id: impl Fn(&Row) -> i64,
    parse: impl Fn(Row) -> Result<Item, StoreError>,
) -> Result<Page<Item>, Failure> {
    let total = Total::capped(matches.len() as u64);
    let mut rows = if is_beyond(page, total) { Vec::new() } else { read()? };
    let has_more = truncate(&mut rows, page);
    let next = rows.last().filter(|_| has_more).map(|last| Position { key: String::new(), id: id(last) });
    let items = rows.into_iter().map(parse).collect::<Result<_, _>>()?;
    Ok(Page { items, total, next })
}
