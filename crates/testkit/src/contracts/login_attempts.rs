//! The contract of `LoginAttempts`, and of the locks in `Users::details`.

mod undecided;

use std::sync::Arc;
use std::task::Poll;

use chrono::TimeDelta;
use steward_domain::lockout::{DeviceId, LockState, LockoutRules, Network, Source};
use steward_domain::ports::{Admission, Attempt, ChangeError, LoginAttempts};
use steward_domain::{Action, Timestamp};
use tokio::task::JoinSet;

pub use undecided::*;

use super::Store;
use super::fixture::{assert_recorded, assert_refused, refused};
use crate::{a_user, an_entry, at, user_id};

/// A distinct source for each number.
fn address(number: u32) -> Source {
    Source::Address(Network::of(Some(std::net::Ipv4Addr::from_bits(number).into())))
}

/// An attempt by an unknown source.
fn by(source: Source, at: Timestamp) -> Attempt {
    Attempt { account: "alice".to_owned(), source, counts_for_account: true, at }
}

/// An attempt by a source of the account's owner.
fn by_owner(source: Source, at: Timestamp) -> Attempt {
    Attempt { counts_for_account: false, ..by(source, at) }
}

async fn begin(store: &Store, attempt: &Attempt) -> Admission {
    store.login_attempts.begin(attempt, &LockoutRules::default()).await.unwrap()
}

async fn is_admitted(store: &Store, attempt: &Attempt) -> bool {
    begin(store, attempt).await == Admission::Admitted
}

/// Records a wrong password.
async fn record_failure(store: &Store, attempt: &Attempt) {
    store.login_attempts.fail(attempt, &LockoutRules::default()).await.unwrap();
}

/// Makes failed attempts of one source, each of which must be admitted.
async fn fail(store: &Store, attempt: &Attempt, times: u32) {
    for nth in 1..=times {
        assert!(is_admitted(store, attempt).await, "failure {nth} of {attempt:?}");
        record_failure(store, attempt).await;
    }
}

async fn lock(store: &Store, now: Timestamp) -> LockState {
    store.users.find(&user_id("alice"), now).await.unwrap().unwrap().lock
}

/// Starts attempts concurrently, fails the admitted ones, and returns their number.
async fn admitted_at_once(store: &Store, attempts: impl Iterator<Item = Attempt>) -> usize {
    let mut attempts_in_flight = JoinSet::new();
    for attempt in attempts {
        let port: Arc<dyn LoginAttempts> = Arc::clone(&store.login_attempts);
        attempts_in_flight.spawn(async move {
            let admission = port.begin(&attempt, &LockoutRules::default()).await.unwrap();
            (admission == Admission::Admitted).then_some(attempt)
        });
    }
    let admitted: Vec<Attempt> = attempts_in_flight.join_all().await.into_iter().flatten().collect();
    for attempt in &admitted {
        record_failure(store, attempt).await;
    }
    admitted.len()
}

/// For a minute, and after the next failure for two.
pub async fn the_last_allowed_failure_locks_only_its_source(store: Store) {
    fail(&store, &by(address(1), at(0)), 5).await;
    for (now, until) in [(0, 60), (59, 60)] {
        match begin(&store, &by(address(1), at(now))).await {
            Admission::Refused { until: end, .. } => assert_eq!(end, at(until)),
            Admission::Admitted => panic!("admitted after {now} s"),
        }
    }
    assert!(is_admitted(&store, &by(address(2), at(1))).await);
    let another = Attempt { account: "alice2".to_owned(), ..by(address(1), at(1)) };
    assert!(is_admitted(&store, &another).await);
    fail(&store, &by(address(1), at(60)), 1).await;
    assert!(!is_admitted(&store, &by(address(1), at(179))).await);
    assert!(is_admitted(&store, &by(address(1), at(180))).await);
}

/// The attack of GHSA-7h8m-vrxx-vr4m: attempts that all start before the first one has failed.
pub async fn concurrent_attempts_are_admitted_up_to_the_limit(store: Store) {
    for source in [address(1), Source::Device(DeviceId::from_bytes([7; 16]))] {
        let guesses = (0..200).map(|_| by_owner(source.clone(), at(0)));
        assert_eq!(admitted_at_once(&store, guesses).await, 5, "{source}");
    }
    assert_eq!(admitted_at_once(&store, (0..100).map(|_| by_owner(address(1), at(60)))).await, 1, "after the lock");
}

/// An attacker with a different address for each attempt.
pub async fn failures_of_many_sources_slow_the_account_down(store: Store) {
    assert_eq!(admitted_at_once(&store, (0..100).map(|n| by(address(n), at(0)))).await, 20);
    assert!(!is_admitted(&store, &by(address(1_000), at(0))).await);
    for (now, later) in [(1, 3), (3, 7), (7, 15), (15, 31), (31, 61), (61, 91)] {
        assert_eq!(
            admitted_at_once(&store, (0..20).map(|n| by(address(2_000 + n), at(now)))).await,
            1,
            "after {now} s"
        );
        assert!(!is_admitted(&store, &by(address(3_000), at(later) - TimeDelta::microseconds(1))).await);
    }
}

/// Otherwise an attacker could lock the owner out.
pub async fn a_known_source_is_exempt_from_the_slow_down(store: Store) {
    for n in 0..20 {
        fail(&store, &by(address(n), at(0)), 1).await;
    }
    assert!(!is_admitted(&store, &by(address(100), at(0))).await);
    assert!(is_admitted(&store, &by_owner(address(100), at(0))).await);
    assert!(is_admitted(&store, &by_owner(Source::Device(DeviceId::from_bytes([1; 16])), at(0))).await);
}

/// Neither for its source nor for the account, whichever of them rejects it.
pub async fn a_rejected_attempt_is_not_counted(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    fail(&store, &by(address(1), at(0)), 5).await;
    for _ in 0..50 {
        assert!(!is_admitted(&store, &by(address(1), at(1))).await);
    }
    assert_eq!(lock(&store, at(1)).await.failures, 5);
    // The account allows fifteen more failures, each by another source.
    for n in 100..115 {
        fail(&store, &by(address(n), at(1)), 1).await;
    }
    for _ in 0..50 {
        assert!(!is_admitted(&store, &by(address(200), at(1))).await);
    }
    assert_eq!(lock(&store, at(1)).await.failures, 20);
    fail(&store, &by_owner(address(200), at(1)), 5).await;
}

/// Once per lock, whatever the number of concurrent rejections.
pub async fn the_first_rejection_by_a_lock_is_marked(store: Store) {
    fail(&store, &by(address(1), at(0)), 5).await;
    for now in [at(0), at(60)] {
        let mut refused = JoinSet::new();
        if now == at(60) {
            fail(&store, &by(address(1), now), 1).await;
        }
        for _ in 0..40 {
            let port = Arc::clone(&store.login_attempts);
            refused.spawn(async move { port.begin(&by(address(1), now), &LockoutRules::default()).await.unwrap() });
        }
        let rejections = refused.join_all().await;
        let marked = rejections.iter().filter(|one| matches!(one, Admission::Refused { first: true, .. })).count();
        assert_eq!((rejections.len(), marked), (40, 1));
        assert!(rejections.iter().all(|one| *one != Admission::Admitted));
    }
}

/// The lock that it caused is removed as well; earlier failures are kept.
pub async fn a_rolled_back_attempt_is_not_counted(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let rules = LockoutRules::default();
    fail(&store, &by(address(1), at(0)), 4).await;
    for second in 1..40 {
        let attempt = by(address(1), at(second));
        assert!(is_admitted(&store, &attempt).await, "at {second} s");
        store.login_attempts.roll_back(&attempt, &rules).await.unwrap();
    }
    assert_eq!(lock(&store, at(40)).await, LockState { failures: 4, locked_until: None });
    fail(&store, &by(address(1), at(40)), 1).await;
    assert!(!is_admitted(&store, &by(address(1), at(41))).await);
    // Of all sources together, only those five were counted.
    for n in 100..115 {
        fail(&store, &by(address(n), at(41)), 1).await;
    }
    assert!(!is_admitted(&store, &by(address(200), at(41))).await);
    store.login_attempts.roll_back(&by(address(300), at(41)), &rules).await.unwrap();
}

/// Otherwise each sign-in of the owner would give attackers new attempts.
pub async fn a_success_clears_only_its_own_source(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let rules = LockoutRules::default();
    fail(&store, &by(address(1), at(0)), 4).await;
    fail(&store, &by(address(2), at(0)), 3).await;
    let right = by(address(1), at(1));
    assert!(is_admitted(&store, &right).await);
    store.login_attempts.succeed(&right, &rules).await.unwrap();
    assert_eq!(lock(&store, at(1)).await, LockState { failures: 3, locked_until: None });
    fail(&store, &by(address(1), at(1)), 5).await;
    // Twelve failures: four that a sign-in followed, three, and five.
    for n in 100..108 {
        fail(&store, &by(address(n), at(1)), 1).await;
    }
    assert!(!is_admitted(&store, &by(address(200), at(1))).await);
}

/// An attacker cannot avoid the count by closing the connection.
pub async fn a_dropped_attempt_is_counted(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for _ in 0..5 {
        let attempt = by(address(1), at(0));
        let mut begun = Box::pin(begin(&store, &attempt));
        // Polled once, then dropped.
        std::future::poll_fn(|context| {
            let _ = begun.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    while lock(&store, at(0)).await.failures < 5 {
        tokio::task::yield_now().await;
    }
    assert!(!is_admitted(&store, &by(address(1), at(0))).await);
}

/// For all sources together. The slow-down of the account is not shown, because it locks no single source.
pub async fn user_details_show_current_failures_and_locks(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    a_user("bob").create(&*store.accounts).await;
    assert_eq!(lock(&store, at(0)).await, LockState::default());
    fail(&store, &by(address(1), at(0)), 2).await;
    fail(&store, &by(address(2), at(30)), 5).await;
    let details = store.users.find(&user_id("aLICE"), at(31)).await.unwrap().unwrap();
    assert_eq!(details.user, alice);
    assert_eq!(details.lock, LockState { failures: 7, locked_until: Some(at(90)) });
    assert_eq!(lock(&store, at(90)).await, LockState { failures: 7, locked_until: None });
    assert_eq!(lock(&store, at(900)).await.failures, 5);
    assert_eq!(lock(&store, at(990)).await, LockState::default());
    let bob = store.users.find(&user_id("bob"), at(31)).await.unwrap().unwrap();
    assert_eq!(bob.lock, LockState::default());
    assert_eq!(store.users.find(&user_id("unknown"), at(31)).await.unwrap(), None);
}

/// Lookups may share a query, also for the same user at two instants.
pub async fn concurrent_lookups_of_details_return_their_own_results(store: Store) {
    for n in 0..6_u32 {
        a_user(&format!("user{n}")).create(&*store.accounts).await;
        let attempt = Attempt { account: format!("user{n}"), ..by(address(n), at(0)) };
        fail(&store, &attempt, n).await;
    }
    let mut lookups = JoinSet::new();
    for n in (0..7_u32).cycle().take(300) {
        for (now, locked) in [(at(1), n == 5), (at(60), false)] {
            let users = Arc::clone(&store.users);
            lookups.spawn(async move {
                let details = users.find(&user_id(&format!("user{n}")), now).await.unwrap();
                assert_eq!(details.is_some(), n < 6);
                if let Some(details) = details {
                    assert_eq!(details.user.user_id.as_str(), format!("user{n}"));
                    assert_eq!((details.lock.failures, details.lock.locked_until.is_some()), (u64::from(n), locked));
                }
            });
        }
    }
    lookups.join_all().await;
}

/// And the account as a whole, but no other account.
pub async fn an_unlock_clears_all_sources_and_writes_an_entry(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    for n in 1..5 {
        fail(&store, &by(address(n), at(0)), 5).await;
    }
    let another = Attempt { account: "bob".to_owned(), ..by(address(1), at(0)) };
    fail(&store, &another, 5).await;
    let entry = an_entry(Action::UserUnlocked, "Alice", at(1));
    let written = entry.clone();
    let unlocked = store.login_attempts.unlock(&user_id("aLICE"), Box::new(|_| Ok(written.into()))).await.unwrap();
    assert_eq!(unlocked, alice, "nothing of the user changes");
    assert_eq!(lock(&store, at(1)).await, LockState::default());
    for n in 1..5 {
        assert!(is_admitted(&store, &by(address(n), at(1))).await);
    }
    assert!(!is_admitted(&store, &another).await);
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    assert_recorded(&trail[1], &entry);
}

/// Transactions do not wait for each other in a cycle.
pub async fn an_unlock_during_attempts_does_not_deadlock(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let mut work = JoinSet::new();
    for n in 0..120 {
        let port = Arc::clone(&store.login_attempts);
        work.spawn(async move {
            let (attempt, rules) = (by(address(n % 3), at(0)), LockoutRules::default());
            if n % 10 == 9 {
                let entry = an_entry(Action::UserUnlocked, "alice", at(0));
                port.unlock(&user_id("alice"), Box::new(|_| Ok(entry.into()))).await.unwrap();
            } else if port.begin(&attempt, &rules).await.unwrap() == Admission::Admitted && n % 2 == 0 {
                port.succeed(&attempt, &rules).await.unwrap();
            }
        });
    }
    work.join_all().await;
}

/// Not even an audit entry.
pub async fn an_unlock_without_effect_writes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let entry = || {
        let entry = an_entry(Action::UserUnlocked, "alice", at(1));
        Box::new(|_: &_| Ok(entry.into()))
    };
    assert_eq!(store.login_attempts.unlock(&user_id("alice"), entry()).await.unwrap(), alice);
    fail(&store, &by(address(1), at(0)), 5).await;
    assert_refused(store.login_attempts.unlock(&user_id("alice"), refused()).await);
    assert!(!is_admitted(&store, &by(address(1), at(1))).await);
    let unknown = store.login_attempts.unlock(&user_id("unknown"), entry()).await;
    assert!(matches!(unknown, Err(ChangeError::NotFound)), "{unknown:?}");
    assert_eq!(store.trail().await.len(), 1);
}

/// Ids can be reused by other users.
pub async fn a_recreated_user_has_no_failures(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    fail(&store, &by(address(1), at(0)), 5).await;
    store.delete("alice", at(1)).await.unwrap();
    a_user("alice").create(&*store.accounts).await;
    assert_eq!(lock(&store, at(1)).await, LockState::default());
    assert!(is_admitted(&store, &by(address(1), at(1))).await);
}

/// A lock is kept until it ends.
pub async fn purging_removes_expired_failures_up_to_the_limit(store: Store) {
    for n in 0..7 {
        fail(&store, &by_owner(address(n), at(0)), 1).await;
    }
    fail(&store, &by_owner(address(100), at(0)), 5).await;
    let purge = async |before| store.login_attempts.purge(before, 3).await.unwrap();
    assert_eq!(purge(at(0)).await, 0);
    let mut removed = Vec::new();
    for _ in 0..4 {
        removed.push(purge(at(60)).await);
    }
    assert_eq!(removed, [3, 3, 1, 0]);
    assert!(!is_admitted(&store, &by_owner(address(100), at(1))).await);
    assert_eq!(purge(at(61)).await, 1);
}
