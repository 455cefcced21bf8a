use std::sync::Arc;

use steward_domain::ports::PasswordChange;
use steward_domain::{Action, OpenOutcome, PasswordHash, SessionId, Timestamp, User, UserChange};
use tokio::task::JoinSet;

use crate::contracts::Store;
use crate::contracts::fixture::decided;
use crate::{a_hash, a_user, an_entry, at, user_id};

/// Opens sessions of alice, whose hash is the current one, while `change` runs. Returns their outcomes.
async fn open_during(
    store: &Store,
    alice: &User,
    at: Timestamp,
    change: impl Future<Output = ()> + Send + 'static,
) -> Vec<(SessionId, OpenOutcome)> {
    let checked = store.hash_of(alice).await;
    let mut sign_ins = JoinSet::new();
    for _ in 0..4 {
        let (sessions, session, checked) = (Arc::clone(&store.sessions), store.a_session(alice, at), checked.clone());
        sign_ins.spawn(async move { (session.id, sessions.open(session, &checked).await.unwrap()) });
    }
    let change = tokio::spawn(change);
    let outcomes = sign_ins.join_all().await;
    change.await.unwrap();
    outcomes
}

/// A sign-in is not a change of the account, and writes no audit entry.
pub async fn opening_a_session_changes_only_the_last_login(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let opened = store.sessions.open(store.a_session(&alice, at(5)), &a_hash("alice")).await.unwrap();
    let expected = User { last_login: Some(at(5)), ..alice };
    assert_eq!(opened, OpenOutcome::Opened(expected.clone()));
    assert_eq!(store.user("alice").await, expected);
    store.open(&expected, at(9)).await;
    assert_eq!(store.user("alice").await.last_login, Some(at(9)));
    assert_eq!(store.trail().await.len(), 1);
}

/// And nothing is written: neither the session nor the sign-in.
pub async fn an_inactive_user_cannot_open_a_session(store: Store) {
    let alice = a_user("alice").inactive().create(&*store.accounts).await;
    let session = store.a_session(&alice, at(1));
    assert_eq!(store.sessions.open(session.clone(), &a_hash("alice")).await.unwrap(), OpenOutcome::Inactive);
    assert_eq!(store.user("alice").await, alice);
    store.set_active("alice", true, at(2)).await;
    assert!(!store.is_active(session.id, at(3)).await);
}

/// The user was deleted after the check of the password.
pub async fn a_deleted_user_cannot_open_a_session(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.delete("alice", at(1)).await.unwrap();
    let session = store.a_session(&alice, at(2));
    assert_eq!(store.sessions.open(session.clone(), &a_hash("alice")).await.unwrap(), OpenOutcome::Stale);
    assert!(!store.is_active(session.id, at(2)).await);
}

/// The hash was replaced after the check of the password. The user may be inactive, which only the right password
/// reveals.
pub async fn an_outdated_hash_cannot_open_a_session(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.accounts.rehash(alice.id, &a_hash("alice"), &PasswordHash::new("new")).await.unwrap();
    for _ in 0..2 {
        for outdated in [a_hash("alice"), PasswordHash::new("NEW"), PasswordHash::new("")] {
            let session = store.a_session(&alice, at(1));
            assert_eq!(store.sessions.open(session.clone(), &outdated).await.unwrap(), OpenOutcome::Stale);
            assert!(!store.is_active(session.id, at(1)).await);
        }
        assert_eq!(store.user("alice").await.last_login, None);
        store.set_active("alice", false, at(2)).await;
    }
    store.set_active("alice", true, at(3)).await;
    store.open(&alice, at(4)).await;
}

/// In either order: the session is rejected, or it is ended.
pub async fn a_session_opened_during_a_deactivation_is_ended(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for round in 0..15 {
        let users = Arc::clone(&store.users);
        let change = UserChange { is_active: Some(false), ..UserChange::default() };
        let change = (change, an_entry(Action::UserDeactivated, "alice", at(round)));
        let deactivation = async move {
            users.update(&user_id("alice"), decided(change)).await.unwrap();
        };
        let outcomes = open_during(&store, &alice, at(round), deactivation).await;
        store.set_active("alice", true, at(round)).await;
        for (session, outcome) in outcomes {
            assert_ne!(outcome, OpenOutcome::Stale, "round {round}");
            assert!(!store.is_active(session, at(round)).await, "round {round}: {outcome:?}");
        }
    }
}

/// In either order: the session is rejected, or it is ended.
pub async fn a_session_opened_during_a_password_reset_is_ended(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for round in 0..15 {
        let (accounts, entry) = (Arc::clone(&store.accounts), an_entry(Action::PasswordReset, "alice", at(round)));
        let new = PasswordHash::new(format!("new {round}"));
        let reset = async move {
            accounts.reset_password(&user_id("alice"), new, Box::new(|_| Ok(entry.into()))).await.unwrap();
        };
        for (session, outcome) in open_during(&store, &alice, at(round), reset).await {
            assert_ne!(outcome, OpenOutcome::Inactive, "round {round}");
            assert!(!store.is_active(session, at(round)).await, "round {round}: {outcome:?}");
        }
    }
}

/// In either order: the session is rejected, or it is ended. The session of the change stays active.
pub async fn a_session_opened_during_a_password_change_is_ended(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for round in 0..15 {
        let (accounts, entry) = (Arc::clone(&store.accounts), an_entry(Action::PasswordChanged, "alice", at(round)));
        let own = store.open(&alice, at(round)).await;
        let (old, new) = (store.hash_of(&alice).await, PasswordHash::new(format!("new {round}")));
        let change = PasswordChange { user: user_id("alice"), session: own, old, new };
        let change = async move {
            accounts.change_password(change, entry.into()).await.unwrap();
        };
        for (session, outcome) in open_during(&store, &alice, at(round), change).await {
            assert_ne!(outcome, OpenOutcome::Inactive, "round {round}");
            assert!(!store.is_active(session, at(round)).await, "round {round}: {outcome:?}");
        }
        assert!(store.is_active(own, at(round)).await, "round {round}");
    }
}

/// In either order: the session is open and stays active, or the new hash opens it.
pub async fn a_session_opened_during_a_rehash_stays_active(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for round in 0..15 {
        let (accounts, id) = (Arc::clone(&store.accounts), alice.id);
        let (old, new) = (store.hash_of(&alice).await, PasswordHash::new(format!("new {round}")));
        let rehash = async move { accounts.rehash(id, &old, &new).await.unwrap() };
        for (session, outcome) in open_during(&store, &alice, at(round), rehash).await {
            let is_opened = matches!(outcome, OpenOutcome::Opened(_));
            assert!(is_opened || outcome == OpenOutcome::Stale, "round {round}: {outcome:?}");
            assert_eq!(store.is_active(session, at(round)).await, is_opened, "round {round}");
        }
        store.open(&alice, at(round)).await;
    }
}
