use steward_domain::Action;
use steward_domain::lockout::{LockState, LockoutRules};
use steward_domain::ports::Admission;

use super::{address, begin, by, by_owner, decide_wrong, fail, is_admitted, lock};
use crate::contracts::Store;
use crate::{a_user, an_entry, at, user_id};

/// Until it lapses; so a process that dies in between keeps no user out for long.
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

/// Nor by an unlock in between: no wrong guess is free.
pub async fn an_attempt_that_was_wrong_counts_however_late_that_is_known(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let early = by(address(1), at(0));
    for _ in 0..4 {
        assert!(is_admitted(&store, &early).await);
    }
    assert!(is_admitted(&store, &by(address(1), at(100))).await);
    for _ in 0..4 {
        decide_wrong(&store, &early).await;
    }
    assert_eq!(lock(&store, at(101)).await.failures, 5);
    assert!(!is_admitted(&store, &by(address(1), at(101))).await, "four were wrong and one is being compared");

    let other = by(address(2), at(101));
    assert!(is_admitted(&store, &other).await);
    let entry = an_entry(Action::UserUnlocked, "alice", at(101));
    store.login_attempts.unlock(&user_id("alice"), Box::new(|_| Ok(entry))).await.unwrap();
    decide_wrong(&store, &other).await;
    assert_eq!(lock(&store, at(101)).await.failures, 1);
}

/// A hundred attempts that storage could not decide: none of them is held against the owner.
pub async fn any_number_of_attempts_that_are_taken_back_leaves_nothing(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for _ in 0..100 {
        let attempt = by(address(1), at(0));
        assert!(is_admitted(&store, &attempt).await);
        store.login_attempts.take_back(&attempt, &LockoutRules::default()).await.unwrap();
    }
    assert_eq!(lock(&store, at(0)).await, LockState::default());
    assert_eq!(store.login_attempts.purge(at(1_000_000), 100).await.unwrap(), 0, "no row is left");
}

/// Sign-ins at the same time do not clear one another.
pub async fn success_leaves_what_is_undecided(store: Store) {
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

/// By minutes or hours: no lock lasts longer than it would have, and none is forgotten by a clock that is merely behind.
pub async fn a_clock_that_is_set_back_prolongs_no_lock(store: Store) {
    for (source, back) in [(1, 4), (2, 300), (3, 7_200)] {
        fail(&store, &by_owner(address(source), at(10_000)), 5).await;
        let before = 10_000 - back;
        let attempt = |second| by_owner(address(source), at(before + second));
        match begin(&store, &attempt(0)).await {
            Admission::Admitted => assert_eq!(back, 7_200, "such an instant is of no clock of ours"),
            Admission::Refused { until, .. } => {
                let longest = at(before + 60 + 5);
                assert!(until <= longest, "{until} after a step of {back} s");
                // It does not begin anew with each attempt.
                assert!(!is_admitted(&store, &attempt(30)).await);
                assert!(is_admitted(&store, &attempt(65)).await);
            }
        }
    }
}

/// Failures are forgotten early, and a lock ends early: nothing else is known of the time in between.
pub async fn a_clock_that_is_set_forward_ends_locks(store: Store) {
    fail(&store, &by_owner(address(1), at(0)), 5).await;
    assert!(!is_admitted(&store, &by_owner(address(1), at(0))).await);
    assert!(is_admitted(&store, &by_owner(address(1), at(7_200))).await);
}
