use chrono::TimeDelta;
use steward_domain::ports::{ChangeError, Decision, LockedUser};
use steward_domain::{Action, ActorSession, AuditEntry, Record, Role, SessionId, SessionSelector, UserChange};

use crate::contracts::Store;
use crate::contracts::fixture::{assert_recorded, assert_refused, refused};
use crate::{a_user, an_entry, at, user_id};

fn agreed(target: &str, seconds: i64) -> (AuditEntry, Decision<Record>) {
    let entry = an_entry(Action::SessionsRevoked, target, at(seconds));
    let record = entry.clone().into();
    (entry, Box::new(|_| Ok(record)))
}

/// One, all but one, or all. Expired sessions are not counted.
pub async fn a_user_ends_their_own_sessions(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let expired = store.open(&alice, at(-3600)).await;
    let [one, two, three] =
        [store.open(&alice, at(0)).await, store.open(&alice, at(0)).await, store.open(&alice, at(0)).await];
    let bobs = store.open(&bob, at(0)).await;
    let end = async |choice| store.sessions.end_own(alice.id, choice, at(1)).await.unwrap();
    for other in [bobs, expired, SessionId::from_bytes([9; 16])] {
        assert_eq!(end(SessionSelector::One(other)).await, 0);
    }
    assert_eq!(end(SessionSelector::One(one)).await, 1);
    assert_eq!(end(SessionSelector::One(one)).await, 0);
    assert!(!store.is_active(one, at(1)).await && store.is_active(two, at(1)).await);
    assert_eq!(end(SessionSelector::AllBut(two)).await, 1);
    assert!(store.is_active(two, at(1)).await && !store.is_active(three, at(1)).await);
    assert_eq!(end(SessionSelector::All).await, 1);
    assert_eq!(end(SessionSelector::All).await, 0);
    assert!(!store.is_active(two, at(1)).await && store.is_active(bobs, at(1)).await);
}

/// With one entry for all sessions, after a decision on the stored user.
pub async fn a_revocation_writes_an_audit_entry(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two) = (store.open(&alice, at(0)).await, store.open(&alice, at(0)).await);
    let bobs = store.open(&bob, at(0)).await;
    let (entry, decide) = agreed("alice", 5);
    let locked = LockedUser { user: store.user("alice").await, is_last_super_admin: false };
    let seen = move |stored: &LockedUser| {
        assert_eq!(*stored, locked);
        decide(stored)
    };
    let revoked = store.sessions.revoke(&user_id("aLICE"), SessionSelector::One(one), Box::new(seen)).await;
    assert_eq!(revoked.unwrap(), 1);
    assert!(!store.is_active(one, at(5)).await && store.is_active(two, at(5)).await);
    let three = store.open(&alice, at(5)).await;
    let (_, decide) = agreed("alice", 6);
    assert_eq!(store.sessions.revoke(&user_id("alice"), SessionSelector::All, decide).await.unwrap(), 2);
    assert!(!store.is_active(two, at(6)).await && !store.is_active(three, at(6)).await);
    assert!(store.is_active(bobs, at(6)).await);
    let trail = store.trail().await;
    assert_eq!(trail.len(), 4);
    assert_recorded(&trail[2], &entry);
    assert_eq!(store.user("alice").await.updated_at, alice.updated_at, "a revocation is not a change of the account");
}

/// Neither the sessions nor the audit trail change; without active sessions there is no entry either.
pub async fn a_revocation_that_ends_nothing_writes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (ended, bobs) = (store.open(&alice, at(0)).await, store.open(&bob, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    for choice in [SessionSelector::All, SessionSelector::One(ended), SessionSelector::One(bobs)] {
        let (_, decide) = agreed("alice", 2);
        assert_eq!(store.sessions.revoke(&alice.user_id, choice, decide).await.unwrap(), 0);
    }
    assert_refused(store.sessions.revoke(&bob.user_id, SessionSelector::All, refused()).await);
    assert!(store.is_active(bobs, at(2)).await);
    let (_, decide) = agreed("unknown", 2);
    let unknown = store.sessions.revoke(&user_id("unknown"), SessionSelector::All, decide).await;
    assert!(matches!(unknown, Err(ChangeError::NotFound)), "{unknown:?}");
    assert_eq!(store.trail().await.len(), 2);
}

/// They were signed out or have another role. They may end their own session by this call.
pub async fn an_actor_without_a_valid_session_revokes_nothing(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    let alice = a_user("alice").create(&*store.accounts).await;
    let (session, alices) = (store.open(&boss, at(0)).await, store.open(&alice, at(0)).await);
    let revoke = async |target: &str, role, seconds| {
        let acting = Some(ActorSession { session, role });
        let entry = AuditEntry { acting, ..an_entry(Action::SessionsRevoked, target, at(seconds)) };
        store.sessions.revoke(&user_id(target), SessionSelector::All, Box::new(|_| Ok(entry.into()))).await
    };
    let demoted = revoke("alice", Role::SuperAdmin, 1).await;
    assert!(matches!(demoted, Err(ChangeError::ActorGone)), "{demoted:?}");
    assert!(store.is_active(alices, at(1)).await);
    assert_eq!(revoke("boss", Role::Admin, 1).await.unwrap(), 1);
    let gone = revoke("alice", Role::Admin, 2).await;
    assert!(matches!(gone, Err(ChangeError::ActorGone)), "{gone:?}");
    assert!(store.is_active(alices, at(2)).await);
    assert_eq!(store.trail().await.len(), 3);
}

/// In either order.
pub async fn revoked_sessions_stay_revoked_after_changes_of_the_user(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let (_, decide) = agreed("alice", 1);
    assert_eq!(store.sessions.revoke(&alice.user_id, SessionSelector::All, decide).await.unwrap(), 1);
    store.change("alice", UserChange { role: Some(Role::Admin), ..UserChange::default() }, at(2)).await.unwrap();
    store.sessions.record_last_seen(&[(session, at(3))]).await.unwrap();
    assert!(!store.is_active(session, at(3)).await && !store.is_active(session, at(1) - TimeDelta::seconds(1)).await);
}
