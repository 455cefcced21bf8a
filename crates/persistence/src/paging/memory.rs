use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use steward_domain::Total;

use super::{FEW, PageSlice};

/// Most filters, and most pages, that are remembered; then all are forgotten.
const REMEMBERED: usize = 1_000;

/// What searches found, for as long as it is certainly still so. The database counts the changes to what is searched;
/// that number, read *before* the search, is the state of what it found.
pub(crate) struct Memory<F, P> {
    /// Filters that match [`FEW`] rows or more, and the state in which they did.
    many: Mutex<HashMap<F, i64>>,
    /// Where pages lay, and in which state.
    pages: Mutex<HashMap<P, (i64, PageSlice)>>,
}

impl<F: Clone + Eq + Hash, P: Clone + Eq + Hash> Memory<F, P> {
    /// Nothing remembered yet.
    pub(crate) fn new() -> Self {
        Self { many: Mutex::default(), pages: Mutex::default() }
    }

    /// Whether `filter` certainly matches more than [`Total::CAP`] rows in this state: it once matched [`FEW`], and
    /// fewer than the difference have changed since.
    pub(crate) fn matches_many(&self, filter: &F, state: i64) -> bool {
        let slack = i64::try_from(u64::from(FEW) - Total::CAP).unwrap_or(0);
        locked(&self.many).get(filter).is_some_and(|then| state - then < slack)
    }

    /// Remembers that `filter` matches [`FEW`] rows or more.
    pub(crate) fn remember_many(&self, filter: &F, state: i64) {
        remember(&self.many, filter, state);
    }

    /// Where a page lay, if nothing has changed since.
    pub(crate) fn page(&self, page: &P, state: i64) -> Option<PageSlice> {
        locked(&self.pages).get(page).filter(|(then, _)| *then == state).map(|(_, cut)| cut.clone())
    }

    /// Remembers where a page lies.
    pub(crate) fn remember_page(&self, page: &P, state: i64, cut: &PageSlice) {
        remember(&self.pages, page, (state, cut.clone()));
    }
}

fn remember<K: Clone + Eq + Hash, V>(memory: &Mutex<HashMap<K, V>>, key: &K, value: V) {
    let mut memory = locked(memory);
    if memory.len() >= REMEMBERED {
        memory.clear();
    }
    memory.insert(key.clone(), value);
}

// Entries are whole or not there, so a panic cannot leave half of one.
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
    fn too_many_to_count_is_forgotten_after_a_thousand_changes() {
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
        let cut = PageSlice { places: Vec::new(), more: false, total: Total::exact(3) };
        memory.remember_page(&1, 5, &cut);
        assert_eq!(memory.page(&1, 5), Some(cut));
        assert_eq!(memory.page(&1, 6), None);
        assert_eq!(memory.page(&2, 5), None);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let memory = memory();
        for n in 0..3_000 {
            memory.remember_many(&n.to_string(), 0);
        }
        assert!(locked(&memory.many).len() <= REMEMBERED);
    }
}
