//! The contract of `TaskLeases`.

use chrono::TimeDelta;
use tokio::task::JoinSet;

use super::Store;
use crate::at;

const MINUTE: TimeDelta = TimeDelta::minutes(1);

impl Store {
    /// Acquires the lease `purge` at this second for a minute.
    async fn acquire_lease(&self, holder: &str, second: i64) -> bool {
        self.task_leases.acquire("purge", holder, at(second), MINUTE).await.unwrap()
    }
}

/// Until the instant at which it expires, for another holder. Each task has its own lease.
pub async fn a_lease_has_one_holder_until_it_expires(store: Store) {
    assert!(store.acquire_lease("one", 0).await);
    assert!(!store.acquire_lease("two", 0).await);
    let last = at(60) - TimeDelta::microseconds(1);
    assert!(!store.task_leases.acquire("purge", "two", last, MINUTE).await.unwrap());
    assert!(store.task_leases.acquire("other", "two", at(0), MINUTE).await.unwrap());
    assert!(store.acquire_lease("two", 60).await);
    assert!(!store.acquire_lease("one", 119).await);
}

/// The new expiry counts, even if it is earlier.
pub async fn a_holder_extends_and_shortens_a_lease(store: Store) {
    assert!(store.acquire_lease("one", 0).await);
    assert!(store.acquire_lease("one", 30).await);
    assert!(!store.acquire_lease("two", 89).await);
    assert!(store.task_leases.acquire("purge", "one", at(40), TimeDelta::seconds(10)).await.unwrap());
    assert!(store.acquire_lease("two", 50).await);
}

/// The former holder finds out at its next call, and its release changes nothing.
pub async fn the_lease_of_a_killed_holder_is_taken_over_after_it_expired(store: Store) {
    assert!(store.acquire_lease("killed", 0).await);
    assert!(!store.acquire_lease("next", 59).await);
    assert!(store.acquire_lease("next", 60).await);
    assert!(!store.acquire_lease("killed", 61).await);
    store.task_leases.release("purge", "killed").await.unwrap();
    assert!(!store.acquire_lease("killed", 61).await);
    assert!(store.acquire_lease("next", 61).await);
}

/// At once, and only by its holder. Without a lease, there is nothing to release.
pub async fn a_released_lease_is_free(store: Store) {
    store.task_leases.release("purge", "one").await.unwrap();
    assert!(store.acquire_lease("one", 0).await);
    store.task_leases.release("purge", "two").await.unwrap();
    store.task_leases.release("other", "one").await.unwrap();
    assert!(!store.acquire_lease("two", 1).await);
    store.task_leases.release("purge", "one").await.unwrap();
    assert!(store.acquire_lease("two", 1).await);
}

/// The times are those of the callers, and not the time of storage.
pub async fn a_clock_that_is_behind_waits_longer_and_one_ahead_waits_less(store: Store) {
    assert!(store.acquire_lease("one", 1_000).await);
    for behind in [0, 999] {
        assert!(!store.acquire_lease("two", behind).await, "{behind}");
    }
    assert!(store.acquire_lease("two", 1_060).await);
    // The clock of the holder is set back: the lease ends earlier, too.
    assert!(store.acquire_lease("two", 100).await);
    assert!(store.acquire_lease("one", 160).await);
}

/// Whether the lease is new, expired or held.
pub async fn of_concurrent_holders_one_acquires_a_lease(store: Store) {
    for second in [0, 60, 119] {
        let mut acquiring = JoinSet::new();
        for n in 0..20 {
            let leases = store.task_leases.clone();
            let holder = format!("{second}-{n}");
            acquiring.spawn(async move { leases.acquire("purge", &holder, at(second), MINUTE).await.unwrap() });
        }
        let acquired = acquiring.join_all().await.into_iter().filter(|is_acquired| *is_acquired).count();
        assert_eq!(acquired, usize::from(second != 119), "at {second} s");
    }
}
