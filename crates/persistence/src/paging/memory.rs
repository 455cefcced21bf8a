use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use steward_domain::Total;

use super::{MANY, PageSlice};

/// The maximum number of filters, and of pages, in the cache. A full cache is emptied.
const CAPACITY: usize = 1_000;

/// A cache of search results. The database counts the changes of the searched rows. The number of changes, read
/// *before* a search, is the state for which its result is valid.
pub(crate) struct Memory<F, P> {
    /// Filters that match at least [`MANY`] rows, and the state in which they did.
    many: Mutex<HashMap<F, i64>>,
    /// Pages, and the state in which they were read.
    pages: Mutex<HashMap<P, (i64, PageSlice)>>,
}

impl<F: Clone + Eq + Hash, P: Clone + Eq + Hash> Memory<F, P> {
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self { many: Mutex::default(), pages: Mutex::default() }
    }

    /// Whether `filter` certainly matches more than [`Total::CAP`] rows in this state: it matched [`MANY`] rows before,
    /// and fewer rows than the difference have changed since.
    pub(crate) fn matches_many(&self, filter: &F, state: i64) -> bool {
        let slack = i64::try_from(u64::from(MANY) - Total::CAP).unwrap_or(0);
        locked(&self.many).get(filter).is_some_and(|remembered| state - remembered < slack)
    }

    /// Stores that `filter` matches at least [`MANY`] rows.
    pub(crate) fn remember_many(&self, filter: &F, state: i64) {
        remember(&self.many, filter, state);
    }

    /// A page, if nothing has changed since it was stored.
    pub(crate) fn page(&self, page: &P, state: i64) -> Option<PageSlice> {
        locked(&self.pages).get(page).filter(|(remembered, _)| *remembered == state).map(|(_, slice)| slice.clone())
    }

    /// Stores a page.
    pub(crate) fn remember_page(&self, page: &P, state: i64, slice: &PageSlice) {
        remember(&self.pages, page, (state, slice.clone()));
    }
}

fn remember<K: Clone + Eq + Hash, V>(memory: &Mutex<HashMap<K, V>>, key: &K, value: V) {
    let mut memory = locked(memory);
    if memory.len() >= CAPACITY {
        memory.clear();
    }
    memory.insert(key.clone(), value);
}

// A map is never half-written, so a poisoned lock holds valid entries.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory<String, u32> {
        Memory::new()
    }

    #[test]
    fn many_matches_are_forgotten_after_a_thousand_changes() {
        let memory = memory();
        let kim = "kim".to_owned();
        assert!(!memory.matches_many(&kim, 5));
        memory.remember_many(&kim, 5);
        assert!(memory.matches_many(&kim, 1_004));
        assert!(!memory.matches_many(&kim, 1_005));
    }

    #[test]
    fn a_page_is_forgotten_at_the_first_change() {
        let memory = memory();
        let slice = PageSlice { positions: Vec::new(), has_more: false, total: Total::exact(3) };
        memory.remember_page(&1, 5, &slice);
        assert_eq!(memory.page(&1, 5), Some(slice));
        assert_eq!(memory.page(&1, 6), None);
        assert_eq!(memory.page(&2, 5), None);
    }

    #[test]
    fn the_cache_has_a_capacity() {
        let memory = memory();
        for n in 0..3_000 {
            memory.remember_many(&n.to_string(), 0);
        }
        assert!(locked(&memory.many).len() <= CAPACITY);
    }
}
