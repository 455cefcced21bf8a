//! What lists have in common: sort keys, and pages cut out of few matches or read in order out of many.

mod order;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use steward_domain::{Order, PageRequest, Position, Total};

pub(crate) use self::order::InOrder;
use crate::moment::Moment;

/// The sort key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// An instant; in a position, microseconds since the epoch.
    Time(Moment),
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
    pub(crate) fn as_time(&self) -> Option<Moment> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Text(_) => None,
        }
    }

    /// The instant that a position names; `None` if it names none.
    pub(crate) fn time(position: &Position) -> Option<Self> {
        position.key.parse().ok().and_then(Moment::from_micros).map(Self::Time)
    }
}

/// Matches are sorted in the process up to so many. More than [`Total::CAP`], so that a total which is remembered as
/// too large to count stays so for a while.
pub(crate) const FEW: u16 = 11_000;

/// Cuts a page out of all the matches. Returns the places on it, in order, and whether more follow.
pub(crate) fn cut(
    mut matches: Vec<(Key, i64)>,
    order: Order,
    after: Option<&(Key, i64)>,
    page: &PageRequest,
) -> (Vec<(Key, i64)>, bool) {
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
    (matches.into_iter().skip(start).take(size).collect(), more)
}

/// Puts rows that were looked up by their ids into the order of the ids. A row that is gone by now is left out.
pub(crate) fn in_order_of<R>(ids: &[i64], rows: Vec<R>, id: impl Fn(&R) -> i64) -> Vec<R> {
    let mut rows: HashMap<i64, R> = rows.into_iter().map(|row| (id(&row), row)).collect();
    ids.iter().filter_map(|id| rows.remove(id)).collect()
}

/// Filters that match too many rows to count, so that the next page need not find that out again.
///
/// A filter that once matched `FEW` rows matches more than [`Total::CAP`] for as long as fewer rows than the
/// difference were changed or removed since; how many were, the database counts.
pub(crate) struct TooMany<F>(Mutex<HashMap<F, i64>>);

/// Most filters that are remembered; then all are forgotten.
const REMEMBERED: usize = 1_000;

impl<F: Eq + Hash + Clone> TooMany<F> {
    /// Nothing remembered yet.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Whether `filter` still matches too many rows, after so many changes in all.
    pub(crate) fn holds(&self, filter: &F, changes: i64) -> bool {
        let slack = i64::try_from(u64::from(FEW) - Total::CAP).unwrap_or(0);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(filter).is_some_and(|then| changes - then < slack)
    }

    /// Remembers that `filter` matched `FEW` rows or more, after so many changes in all.
    pub(crate) fn remember(&self, filter: &F, changes: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(filter.clone(), changes);
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::PageSize;

    use super::*;

    fn page(number: u32, size: &str) -> PageRequest {
        PageRequest { number, size: PageSize::parse(size).unwrap(), after: None }
    }

    fn cut(order: Order, after: Option<&(Key, i64)>, page: &PageRequest) -> (Vec<i64>, bool) {
        let (places, more) = super::cut(matches(), order, after, page);
        (places.into_iter().map(|(_, id)| id).collect(), more)
    }

    fn matches() -> Vec<(Key, i64)> {
        [(2, 1), (1, 2), (2, 3), (3, 4)].map(|(at, id)| (Key::Time(Moment::from_micros(at).unwrap()), id)).to_vec()
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
        let after = (Key::Time(Moment::from_micros(2).unwrap()), 3);
        assert_eq!(cut(Order::Desc, Some(&after), &page(1, "1")), (vec![1], true));
        assert_eq!(cut(Order::Asc, Some(&after), &page(1, "1")), (vec![4], false));
    }

    #[test]
    fn too_many_to_count_is_forgotten_after_a_thousand_changes() {
        let too_many = TooMany::new();
        assert!(!too_many.holds(&"kim".to_owned(), 5));
        too_many.remember(&"kim".to_owned(), 5);
        assert!(too_many.holds(&"kim".to_owned(), 1_004));
        assert!(!too_many.holds(&"kim".to_owned(), 1_005));
        for n in 0..3_000 {
            too_many.remember(&n.to_string(), 0);
        }
        assert!(too_many.0.lock().unwrap().len() <= REMEMBERED);
    }
}
