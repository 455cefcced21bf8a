//! The password attempts of this process that are undecided or wait, grouped by account and source.
//!
//! An undecided attempt counts as a failure. Without an order, concurrent attempts with the right password would
//! therefore refuse each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use steward_domain::lockout::Source;
use tokio::sync::RwLock;

/// The lock of a group. An undecided attempt holds it for reading. An attempt that holds it for writing is the only one.
type Group = RwLock<()>;

/// The groups that have attempts.
pub(crate) struct InFlightAttempts {
    limit: u32,
    groups: Mutex<HashMap<(String, Source), Weak<Group>>>,
}

impl InFlightAttempts {
    /// Without attempts. At most `limit` attempts of a group are undecided at a time.
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, groups: Mutex::default() }
    }

    /// Returns the group of an attempt.
    pub(super) fn group(&self, account: &str, source: &Source) -> Arc<Group> {
        // Each update of the map is complete, so a poisoned lock guards a valid map.
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|_, group| group.strong_count() > 0);
        let group = groups.entry((account.to_owned(), source.clone())).or_default();
        group.upgrade().unwrap_or_else(|| {
            let created = Arc::new(Group::with_max_readers((), self.limit));
            *group = Arc::downgrade(&created);
            created
        })
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::lockout::Network;

    use super::*;

    #[test]
    fn a_group_lives_as_long_as_its_attempts() {
        let attempts = InFlightAttempts::new(5);
        let group = |account: &str| attempts.group(account, &Source::Address(Network::of(None)));
        let alices = group("alice");
        assert!(Arc::ptr_eq(&alices, &group("alice")));
        assert!(!Arc::ptr_eq(&alices, &group("bob")));
        drop(alices);
        let _carols = group("carol");
        assert_eq!(attempts.groups.lock().unwrap().len(), 1);
    }
}
