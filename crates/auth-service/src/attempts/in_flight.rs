//! The attempts of this process that are being admitted or compared, grouped by account and source.
//!
//! An attempt is counted before its comparison. So concurrent attempts with the right password can exceed the limit
//! until the first of them is settled. An attempt that is rejected while others of its group are active waits and tries
//! again.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use steward_domain::lockout::Source;
use tokio::sync::Notify;

type Key = (String, Source);
type Groups = Arc<Mutex<HashMap<Key, Arc<Group>>>>;

/// All attempts of this process that are active or wait.
#[derive(Default)]
pub(crate) struct InFlightAttempts(Groups);

/// The attempts of one source at one account.
#[derive(Default)]
struct Group {
    /// Number of attempts that are being admitted or compared.
    active: AtomicUsize,
    /// Number of compared attempts that are settled.
    settled: AtomicUsize,
    /// Wakes one waiting attempt. An attempt that is woken and does not take the slot must wake the next one.
    wakeup: Notify,
}

/// An attempt from its registration until it is settled, which drops it.
pub(super) struct InFlightAttempt {
    groups: Groups,
    key: Key,
    group: Arc<Group>,
    is_active: bool,
    is_admitted: bool,
    /// Number of settled attempts when the admission began.
    settled_before: usize,
    /// Whether the attempt was woken and must wake the next one, even if its caller is dropped.
    must_wake_next: bool,
}

impl InFlightAttempts {
    pub(super) fn register(&self, account: &str, source: &Source) -> InFlightAttempt {
        let key = (account.to_owned(), source.clone());
        let group = Arc::clone(lock(&self.0).entry(key.clone()).or_default());
        InFlightAttempt {
            groups: Arc::clone(&self.0),
            key,
            group,
            is_active: false,
            is_admitted: false,
            settled_before: 0,
            must_wake_next: false,
        }
    }
}

impl InFlightAttempt {
    /// Marks the beginning of the admission.
    pub(super) fn activate(&mut self) {
        self.is_active = true;
        self.group.active.fetch_add(1, Ordering::SeqCst);
        self.settled_before = self.group.settled.load(Ordering::SeqCst);
    }

    /// Returns whether another attempt of the group was active during the admission, which may have caused a rejection.
    pub(super) fn has_overlap(&self) -> bool {
        self.group.active.load(Ordering::SeqCst) > 1 || self.group.settled.load(Ordering::SeqCst) != self.settled_before
    }

    /// Marks the attempt as admitted, which takes the released slot. It does not wake the next attempt: more concurrent
    /// comparisons than at first would slow the account down.
    pub(super) fn mark_admitted(&mut self) {
        self.is_admitted = true;
        self.must_wake_next = false;
    }

    /// Waits after a rejection until another attempt of the group releases a slot, or none is active.
    pub(super) async fn wait_for_slot(&mut self) {
        self.must_wake_next = false;
        self.deactivate();
        self.group.wakeup.notified().await;
        self.must_wake_next = true;
    }

    /// Releases a slot, after an attempt that does not count as a failure.
    pub(super) fn release_slot(&self) {
        self.group.wakeup.notify_one();
    }

    /// Ends the activity. The last active attempt wakes a waiting one, which otherwise would wait forever.
    fn deactivate(&mut self) {
        if std::mem::take(&mut self.is_admitted) {
            self.group.settled.fetch_add(1, Ordering::SeqCst);
        }
        if std::mem::take(&mut self.is_active) && self.group.active.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.must_wake_next = false;
            self.group.wakeup.notify_one();
        }
    }
}

impl Drop for InFlightAttempt {
    fn drop(&mut self) {
        self.deactivate();
        if self.must_wake_next {
            self.group.wakeup.notify_one();
        }
        let mut groups = lock(&self.groups);
        // Dropped under the lock, so that the later of two concurrent drops sees the last reference.
        drop(std::mem::take(&mut self.group));
        if groups.get(&self.key).is_some_and(|group| Arc::strong_count(group) == 1) {
            groups.remove(&self.key);
        }
    }
}

impl fmt::Debug for InFlightAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InFlightAttempt").field(&self.key).finish()
    }
}

// Each update of the map is complete, so a poisoned lock guards a valid map.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use steward_domain::lockout::Network;

    use super::*;

    #[test]
    fn concurrent_drops_remove_the_group() {
        let (attempts, barrier) = (InFlightAttempts::default(), Barrier::new(2));
        let source = Source::Address(Network::of(None));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for round in 0..20_000 {
                        let mut attempt = attempts.register(&format!("user{round}"), &source);
                        attempt.activate();
                        barrier.wait();
                        drop(attempt);
                    }
                });
            }
        });
        assert_eq!(lock(&attempts.0).len(), 0);
    }
}
