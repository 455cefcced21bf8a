//! The common parts of lists: sort keys, and pages. A page is a slice of all matches if they are few, and is read in
//! the order of the list if they are many.

mod by_id;
mod limited;
mod order;

use std::collections::HashMap;

use steward_domain::{Order, PageRequest, Position, Total};

pub(crate) use self::by_id::{newest_first, page_by_id};
pub(crate) use self::limited::Limited;
pub(crate) use self::order::{KeyColumn, ListOrder};
use crate::timestamp::DbTimestamp;

/// The sort key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// An instant; in a position, microseconds since the epoch.
    Time(DbTimestamp),
    /// A text, ordered by code point.
    Text(String),
}

impl Key {
    /// The position of the row with this key and id.
    pub(crate) fn position(&self, id: i64) -> Position {
        let key = match self {
            Self::Time(at) => at.micros().to_string(),
            Self::Text(text) => text.clone(),
        };
        Position { key, id }
    }

    /// The instant; `None` for a text.
    pub(crate) fn as_time(&self) -> Option<DbTimestamp> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Text(_) => None,
        }
    }

    /// The instant in a position; `None` if the position has another key.
    pub(crate) fn time(position: &Position) -> Option<Self> {
        position.key.parse().ok().and_then(DbTimestamp::from_micros).map(Self::Time)
    }
}

/// The number of matches from which on they are neither counted nor sorted in the process.
pub(crate) const MANY: u16 = 1_001;
const _: () = assert!(MANY as u64 == Total::CAP + 1);

/// A page of the matches, without their rows.
#[derive(Debug)]
pub(crate) struct PageSlice {
    /// The positions of its items, in order.
    pub(crate) positions: Vec<(Key, i64)>,
    /// Whether another page follows.
    pub(crate) has_more: bool,
    /// The number of all matches.
    pub(crate) total: Total,
}

/// Sorts the matches and returns one page of them.
pub(crate) fn slice(
    mut matches: Vec<(Key, i64)>,
    order: Order,
    after: Option<&(Key, i64)>,
    page: &PageRequest,
) -> PageSlice {
    let total = Total::capped(matches.len() as u64);
    if let Some(after) = after {
        matches.retain(|position| match order {
            Order::Asc => position > after,
            Order::Desc => position < after,
        });
    }
    match order {
        Order::Asc => matches.sort_unstable(),
        Order::Desc => matches.sort_unstable_by(|a, b| b.cmp(a)),
    }
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX).min(matches.len());
    let size = page.size.get() as usize;
    let has_more = matches.len() - start > size;
    PageSlice { positions: matches.into_iter().skip(start).take(size).collect(), has_more, total }
}

/// A text that sorts after every text with this beginning, in the order of code points.
pub(crate) fn after_all(beginning: &str) -> String {
    format!("{beginning}{}", char::MAX)
}

/// Whether a page begins after all matches. The database would skip all rows to find out.
pub(crate) fn is_beyond(page: &PageRequest, total: Total) -> bool {
    total.exact && page.offset() > 0 && i64::try_from(total.count).is_ok_and(|count| page.offset() >= count)
}

/// Cuts the rows of a page to its size. Returns whether another page follows, which one row more than the size shows.
pub(crate) fn truncate<R>(rows: &mut Vec<R>, page: &PageRequest) -> bool {
    let size = page.size.get() as usize;
    let has_more = rows.len() > size;
    rows.truncate(size);
    has_more
}

/// Sorts rows that were found by their ids into the order of the ids. An id without a row is left out.
pub(crate) fn sort_by_ids<R>(ids: &[i64], rows: Vec<R>, id: impl Fn(&R) -> i64) -> Vec<R> {
    let mut rows: HashMap<i64, R> = rows.into_iter().map(|row| (id(&row), row)).collect();
    ids.iter().filter_map(|id| rows.remove(id)).collect()
}

#[cfg(test)]
mod tests {
    use steward_domain::PageSize;

    use super::*;

    fn page(number: u32, size: &str) -> PageRequest {
        PageRequest { number, size: PageSize::parse(size).unwrap(), after: None }
    }

    fn slice_ids(order: Order, after: Option<&(Key, i64)>, page: &PageRequest) -> (Vec<i64>, bool) {
        let slice = slice(matches(), order, after, page);
        assert_eq!(slice.total, Total::exact(4));
        (slice.positions.into_iter().map(|(_, id)| id).collect(), slice.has_more)
    }

    fn matches() -> Vec<(Key, i64)> {
        [(2, 1), (1, 2), (2, 3), (3, 4)].map(|(at, id)| (Key::Time(DbTimestamp::from_micros(at).unwrap()), id)).to_vec()
    }

    #[test]
    fn equal_keys_are_ordered_by_id_in_the_same_direction() {
        assert_eq!(slice_ids(Order::Asc, None, &page(1, "9")), (vec![2, 1, 3, 4], false));
        assert_eq!(slice_ids(Order::Desc, None, &page(1, "9")), (vec![4, 3, 1, 2], false));
    }

    #[test]
    fn pages_follow_one_another_by_number_and_by_position() {
        assert_eq!(slice_ids(Order::Desc, None, &page(1, "3")), (vec![4, 3, 1], true));
        assert_eq!(slice_ids(Order::Desc, None, &page(2, "3")), (vec![2], false));
        assert_eq!(slice_ids(Order::Desc, None, &page(0x7fff_ffff, "3")), (vec![], false));
        let after = (Key::Time(DbTimestamp::from_micros(2).unwrap()), 3);
        assert_eq!(slice_ids(Order::Desc, Some(&after), &page(1, "1")), (vec![1], true));
        assert_eq!(slice_ids(Order::Asc, Some(&after), &page(1, "1")), (vec![4], false));
    }
}
