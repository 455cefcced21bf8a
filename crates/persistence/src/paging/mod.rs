//! What lists have in common: sort keys, and pages cut out of few matches or read in order out of many.

mod limited;
mod memory;
mod order;

use std::collections::HashMap;

use steward_domain::{Order, PageRequest, Position, Total};

pub(crate) use self::limited::Limited;
pub(crate) use self::memory::Memory;
pub(crate) use self::order::{InOrder, KeyColumn};
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
    /// The place of a row with this key.
    pub(crate) fn position(&self, id: i64) -> Position {
        let key = match self {
            Self::Time(at) => at.micros().to_string(),
            Self::Text(text) => text.clone(),
        };
        Position { key, id }
    }

    /// The instant, if it is one.
    pub(crate) fn as_time(&self) -> Option<DbTimestamp> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Text(_) => None,
        }
    }

    /// The instant that a position names; `None` if it names none.
    pub(crate) fn time(position: &Position) -> Option<Self> {
        position.key.parse().ok().and_then(DbTimestamp::from_micros).map(Self::Time)
    }
}

/// Matches are sorted in the process up to so many. More than [`Total::CAP`], so that a total which is remembered as
/// too large to count stays so for a while.
pub(crate) const FEW: u16 = 11_000;

/// A page cut out of all the matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageSlice {
    /// Where its items are, in order.
    pub(crate) places: Vec<(Key, i64)>,
    /// Whether more follow.
    pub(crate) more: bool,
    /// How many match in all.
    pub(crate) total: Total,
}

/// Cuts a page out of all the matches.
pub(crate) fn cut(
    mut matches: Vec<(Key, i64)>,
    order: Order,
    after: Option<&(Key, i64)>,
    page: &PageRequest,
) -> PageSlice {
    let total = Total::capped(matches.len() as u64);
    if let Some(after) = after {
        matches.retain(|place| match order {
            Order::Asc => place > after,
            Order::Desc => place < after,
        });
    }
    match order {
        Order::Asc => matches.sort_unstable(),
        Order::Desc => matches.sort_unstable_by(|a, b| b.cmp(a)),
    }
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX).min(matches.len());
    let size = page.size.get() as usize;
    let more = matches.len() - start > size;
    PageSlice { places: matches.into_iter().skip(start).take(size).collect(), more, total }
}

/// Puts rows that were looked up by their ids into the order of the ids. A row that is gone by now is left out.
pub(crate) fn in_order_of<R>(ids: &[i64], rows: Vec<R>, id: impl Fn(&R) -> i64) -> Vec<R> {
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

    fn cut(order: Order, after: Option<&(Key, i64)>, page: &PageRequest) -> (Vec<i64>, bool) {
        let cut = super::cut(matches(), order, after, page);
        assert_eq!(cut.total, Total::exact(4));
        (cut.places.into_iter().map(|(_, id)| id).collect(), cut.more)
    }

    fn matches() -> Vec<(Key, i64)> {
        [(2, 1), (1, 2), (2, 3), (3, 4)].map(|(at, id)| (Key::Time(DbTimestamp::from_micros(at).unwrap()), id)).to_vec()
    }

    #[test]
    fn equal_keys_are_ordered_by_id_in_the_same_direction() {
        assert_eq!(cut(Order::Asc, None, &page(1, "9")), (vec![2, 1, 3, 4], false));
        assert_eq!(cut(Order::Desc, None, &page(1, "9")), (vec![4, 3, 1, 2], false));
    }

    #[test]
    fn pages_follow_one_another_by_number_and_by_place() {
        assert_eq!(cut(Order::Desc, None, &page(1, "3")), (vec![4, 3, 1], true));
        assert_eq!(cut(Order::Desc, None, &page(2, "3")), (vec![2], false));
        assert_eq!(cut(Order::Desc, None, &page(0x7fff_ffff, "3")), (vec![], false));
        let after = (Key::Time(DbTimestamp::from_micros(2).unwrap()), 3);
        assert_eq!(cut(Order::Desc, Some(&after), &page(1, "1")), (vec![1], true));
        assert_eq!(cut(Order::Asc, Some(&after), &page(1, "1")), (vec![4], false));
    }
}
