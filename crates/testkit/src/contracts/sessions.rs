//! The contract of `Sessions`.

mod ending;
mod listing;
mod opening;
mod refreshing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use steward_domain::{AuthenticatedSession, DisplayName, NewSession, Role, SessionId, UserChange};
use tokio::task::JoinSet;

pub use self::ending::*;
pub use self::listing::*;
pub use self::opening::*;
pub use self::refreshing::*;
use super::Store;
use crate::{a_user, at};

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// With microseconds.
pub async fn an_open_session_is_found_with_its_user(store: Store) {
    a_user("bystander").create(&*store.accounts).await;
    let alice = a_user("Alice").admin().create(&*store.accounts).await;
    let session = store.a_session(&alice, at(5));
    store.open_as(&alice, session.clone()).await;
    let user = store.user("alice").await;
    let found = store.sessions.find_active(session.id, at(6)).await.unwrap();
    let expected = AuthenticatedSession::new(session.id, user, session.expires_at, session.created_at);
    assert_eq!(found, Some(expected));
}

/// Even if its id resembles another one.
pub async fn an_unknown_session_is_not_found(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let mut bytes = *session.as_bytes();
    bytes[15] ^= 1;
    for id in [SessionId::from_bytes(bytes), SessionId::from_bytes([0; 16]), SessionId::from_bytes([255; 16])] {
        assert!(!store.is_active(id, at(1)).await);
    }
}

/// It is valid a microsecond before, and not from that instant on.
pub async fn a_session_is_valid_until_the_instant_of_its_expiry(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.a_session(&alice, at(0));
    let (id, expires_at) = (session.id, session.expires_at);
    store.open_as(&alice, session).await;
    assert!(store.is_active(id, at(0)).await);
    assert!(store.is_active(id, expires_at - MICROSECOND).await);
    assert!(!store.is_active(id, expires_at).await);
    assert!(!store.is_active(id, expires_at + TimeDelta::days(365)).await);
}

/// Of the same user and of another user.
pub async fn ending_a_session_keeps_the_others(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two, bobs) =
        (store.open(&alice, at(0)).await, store.open(&alice, at(0)).await, store.open(&bob, at(0)).await);
    let before = store.user("alice").await;
    store.sessions.end(one, at(1)).await.unwrap();
    assert!(!store.is_active(one, at(1)).await);
    // Not even for a process whose clock is behind.
    assert!(!store.is_active(one, at(0)).await);
    assert!(store.is_active(two, at(1)).await && store.is_active(bobs, at(1)).await);
    assert_eq!(store.user("alice").await, before);
}

/// And is not an error.
pub async fn ending_an_ended_or_unknown_session_changes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let (ended, open) = (store.open(&alice, at(0)).await, store.open(&alice, at(0)).await);
    for _ in 0..3 {
        store.sessions.end(ended, at(1)).await.unwrap();
        store.sessions.end(SessionId::from_bytes([7; 16]), at(1)).await.unwrap();
    }
    assert!(!store.is_active(ended, at(2)).await);
    assert!(store.is_active(open, at(2)).await);
}

/// The current name and role, not those at the sign-in.
pub async fn a_session_returns_the_current_user(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    for (second, role) in (1..).zip([Role::Admin, Role::SuperAdmin, Role::User]) {
        let name = Some(DisplayName::parse(&format!("Name {second}")).unwrap());
        let change = UserChange { role: Some(role), name, ..UserChange::default() };
        let changed = store.change("alice", change, at(second)).await.unwrap();
        let found = store.sessions.find_active(session, at(second)).await.unwrap().unwrap();
        assert_eq!(found.user, changed);
        assert_eq!((found.actor().role, found.actor().session), (role, session));
    }
}

/// Lookups may share a query, but each has its own session and its own instant.
pub async fn concurrent_lookups_return_their_own_results(store: Store) {
    let mut expected = Vec::new();
    for n in 0..10 {
        let user = a_user(&format!("user{n}")).create(&*store.accounts).await;
        let session = store.open(&user, at(0)).await;
        if n % 3 == 0 {
            store.sessions.end(session, at(1)).await.unwrap();
        }
        let now = if n % 4 == 1 { at(3600) } else { at(2) };
        expected.push((session, now, (n % 3 != 0 && n % 4 != 1).then(|| user.user_id.clone())));
        expected.push((session, at(3600), None));
        expected.push((SessionId::from_bytes([n; 16]), at(2), None));
    }
    let mut lookups = JoinSet::new();
    for (session, now, expected) in expected.iter().cycle().take(600).cloned() {
        let sessions = Arc::clone(&store.sessions);
        lookups.spawn(async move {
            let found = sessions.find_active(session, now).await.unwrap();
            assert_eq!(found.as_ref().map(|found| found.id), expected.as_ref().map(|_| session));
            assert_eq!(found.map(|found| found.user.user_id), expected);
        });
    }
    lookups.join_all().await;
}

/// With continuous lookups by other callers, so that a query that started earlier is always running.
pub async fn a_lookup_among_others_sees_earlier_commits(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let busy = Arc::new(AtomicBool::new(true));
    let mut others = JoinSet::new();
    let watched = store.open(&alice, at(0)).await;
    for _ in 0..4 {
        let (sessions, busy) = (Arc::clone(&store.sessions), Arc::clone(&busy));
        others.spawn(async move {
            while busy.load(Ordering::Relaxed) {
                sessions.find_active(watched, at(1)).await.unwrap();
            }
        });
    }
    for round in 0..40 {
        let session = store.open(&alice, at(0)).await;
        assert!(store.is_active(session, at(1)).await, "round {round}: just opened");
        let role = if round % 2 == 0 { Role::Admin } else { Role::User };
        store.change("alice", UserChange { role: Some(role), ..UserChange::default() }, at(1)).await.unwrap();
        let found = store.sessions.find_active(session, at(1)).await.unwrap();
        assert_eq!(found.map(|found| found.user.role), Some(role), "round {round}: just changed");
        store.sessions.end(session, at(1)).await.unwrap();
        assert!(!store.is_active(session, at(1)).await, "round {round}: just ended");
    }
    store.delete("alice", at(2)).await.unwrap();
    assert!(!store.is_active(watched, at(1)).await, "just deleted");
    busy.store(false, Ordering::Relaxed);
    others.join_all().await;
}

/// Active sessions are kept, and those that ended at that instant or later.
pub async fn purging_removes_sessions_that_ended_or_expired_earlier(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let open = async |expires_at| {
        let session = NewSession { expires_at, ..store.a_session(&alice, at(0)) };
        let id = session.id;
        store.open_as(&alice, session).await;
        id
    };
    let good = open(at(1000)).await;
    open(at(10)).await;
    open(at(20)).await;
    let ended = open(at(1000)).await;
    store.sessions.end(ended, at(15)).await.unwrap();
    assert_eq!(store.sessions.purge(at(10), 100).await.unwrap(), 0);
    assert_eq!(store.sessions.purge(at(10) + MICROSECOND, 100).await.unwrap(), 1);
    assert_eq!(store.sessions.purge(at(15), 100).await.unwrap(), 0);
    assert_eq!(store.sessions.purge(at(15) + MICROSECOND, 100).await.unwrap(), 1);
    assert_eq!(store.sessions.purge(at(500), 100).await.unwrap(), 1);
    assert_eq!(store.sessions.purge(at(500), 100).await.unwrap(), 0);
    assert!(store.is_active(good, at(500)).await);
    assert!(!store.is_active(ended, at(1)).await);
}

/// So that a batch locks few rows.
pub async fn purging_removes_at_most_the_limit(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for _ in 0..7 {
        store.open(&alice, at(0)).await;
    }
    let mut removed = Vec::new();
    for _ in 0..4 {
        removed.push(store.sessions.purge(at(10_000), 3).await.unwrap());
    }
    assert_eq!(removed, [3, 3, 1, 0]);
}
