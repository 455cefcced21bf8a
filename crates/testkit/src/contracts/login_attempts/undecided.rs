use steward_domain::Action;
use steward_domain::lockout::{LockState, LockoutRules};
use steward_domain::ports::Admission;

use super::{address, begin, by, by_owner, fail, is_admitted, lock, record_failure};
use crate::contracts::Store;
use crate::{a_user, an_entry, at, user_id};

/// Until it expires, so that a crashed process locks no user for long.
pub async fn an_undecided_attempt_counts_until_it_lapses(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for _ in 0..5 {
        assert!(is_admitted(&store, &by(address(1), at(0))).await);
    }
    for now in [0, 59] {
        match begin(&store, &by(address(1), at(now))).await {
            Admission::Refused { until, .. } => assert_eq!(until, at(60)),
            Admission::Admitted => panic!("admitted after {now} s"),
        }
        assert_eq!(lock(&store, at(now)).await, LockState { failures: 5, locked_until: None });
    }
    assert_eq!(lock(&store, at(60)).await, LockState::default());
    fail(&store, &by(address(1), at(60)), 5).await;
    assert_eq!(lock(&store, at(60)).await, LockState { failures: 5, locked_until: Some(at(120)) });
}

/// An unlock in between does not forgive it.
pub async fn a_late_failure_is_counted(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let early = by(address(1), at(0));
    for _ in 0..4 {
        assert!(is_admitted(&store, &early).await);
    }
    assert!(is_admitted(&store, &by(address(1), at(100))).await);
    for _ in 0..4 {
        record_failure(&store, &early).await;
    }
    assert_eq!(lock(&store, at(101)).await.failures, 5);
    assert!(!is_admitted(&store, &by(address(1), at(101))).await, "four failed and one is undecided");

    let other = by(address(2), at(101));
    assert!(is_admitted(&store, &other).await);
    let entry = an_entry(Action::UserUnlocked, "alice", at(101));
    store.login_attempts.unlock(&user_id("alice"), Box::new(|_| Ok(entry.into()))).await.unwrap();
    record_failure(&store, &other).await;
    assert_eq!(lock(&store, at(101)).await.failures, 1);
}

/// A hundred attempts that failed because of storage do not count against the owner.
pub async fn rolled_back_attempts_leave_nothing(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for _ in 0..100 {
        let attempt = by(address(1), at(0));
        assert!(is_admitted(&store, &attempt).await);
        store.login_attempts.roll_back(&attempt, &LockoutRules::default()).await.unwrap();
    }
    assert_eq!(lock(&store, at(0)).await, LockState::default());
    assert_eq!(store.login_attempts.purge(at(1_000_000), 100).await.unwrap(), 0, "no row is left");
}

/// Concurrent sign-ins do not clear one another.
pub async fn a_success_keeps_undecided_attempts(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let attempt = by_owner(address(1), at(0));
    for _ in 0..5 {
        assert!(is_admitted(&store, &attempt).await);
    }
    store.login_attempts.succeed(&attempt, &LockoutRules::default()).await.unwrap();
    assert_eq!(lock(&store, at(0)).await.failures, 4);
    assert!(is_admitted(&store, &attempt).await);
    assert!(!is_admitted(&store, &attempt).await);
}

/// By minutes or hours: no lock is prolonged, and none is forgotten because of a clock that is slightly behind.
pub async fn setting_the_clock_back_does_not_prolong_a_lock(store: Store) {
    for (source, back) in [(1, 4), (2, 300), (3, 7_200)] {
        fail(&store, &by_owner(address(source), at(10_000)), 5).await;
        let before = 10_000 - back;
        let attempt = |second| by_owner(address(source), at(before + second));
        match begin(&store, &attempt(0)).await {
            Admission::Admitted => assert_eq!(back, 7_200, "an instant that far away is not plausible"),
            Admission::Refused { until, .. } => {
                let longest = at(before + 60 + 5);
                assert!(until <= longest, "{until} after a step of {back} s");
                // It does not restart with each attempt.
                assert!(!is_admitted(&store, &attempt(30)).await);
                assert!(is_admitted(&store, &attempt(65)).await);
            }
        }
    }
}

/// Failures and locks end early, because the elapsed time is unknown.
pub async fn setting_the_clock_forward_ends_locks(store: Store) {
    fail(&store, &by_owner(address(1), at(0)), 5).await;
    assert!(!is_admitted(&store, &by_owner(address(1), at(0))).await);
    assert!(is_admitted(&store, &by_owner(address(1), at(7_200))).await);
}
