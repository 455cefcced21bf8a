//! Deleting a user.

use std::sync::Arc;

use steward_domain::Action;
use steward_domain::ports::ChangeError;
use tokio::task::JoinSet;

use crate::contracts::Store;
use crate::contracts::fixture::{assert_recorded, assert_refused, refused};
use crate::{a_user, an_entry, at, user_id};

/// Other users stay.
pub async fn deleting_a_user_deletes_their_sessions(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (session, bobs) = (store.open(&alice, at(0)).await, store.open(&bob, at(0)).await);
    let bob = store.user("bob").await;
    store.delete("ALICE", at(1)).await.unwrap();
    assert_eq!(store.users.find(&user_id("alice"), at(0)).await.unwrap(), None);
    assert!(store.accounts.credentials(&user_id("alice")).await.unwrap().is_none());
    assert!(!store.is_active(session, at(1)).await);
    assert_eq!(store.user("bob").await, bob);
    assert!(store.is_active(bobs, at(1)).await);
    assert_eq!(store.sessions.purge(at(10_000), 100).await.unwrap(), 1, "only bob's was left");
    assert!(matches!(store.delete("alice", at(2)).await, Err(ChangeError::NotFound)));
}

/// With every field of the entry that the decision returns.
pub async fn a_deletion_writes_its_audit_entry(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let entry = an_entry(Action::UserDeleted, "alice", at(5)).with_details("was alice@example.com");
    let written = entry.clone();
    store.users.delete(&user_id("alice"), Box::new(|_| Ok(written.into()))).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    assert_recorded(&trail[1], &entry);
}

/// Neither the user, nor their sessions, nor the audit trail change.
pub async fn a_rejected_deletion_writes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let before = store.user("alice").await;
    assert_refused(store.users.delete(&user_id("alice"), refused()).await);
    assert_eq!(store.user("alice").await, before);
    assert!(store.is_active(session, at(1)).await);
    assert_eq!(store.trail().await.len(), 1);
}

/// The next user with this id is a different user, who has no session of the old one.
pub async fn the_id_and_address_of_a_deleted_user_can_be_reused(store: Store) {
    let old = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&old, at(0)).await;
    store.delete("alice", at(1)).await.unwrap();
    let new = a_user("Alice").email("alice@example.com").created_at(at(2)).create(&*store.accounts).await;
    assert_eq!(store.user("alice").await, new);
    assert_eq!((new.created_at, new.last_login), (at(2), None));
    assert_ne!(new.id, old.id, "a storage key is never reused");
    assert!(!store.is_active(session, at(3)).await);
}

/// The other calls return `NotFound`.
pub async fn concurrent_deletions_delete_once(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let mut deletions = JoinSet::new();
    for second in 0..20 {
        let users = Arc::clone(&store.users);
        let entry = an_entry(Action::UserDeleted, "alice", at(second));
        deletions.spawn(async move { users.delete(&user_id("alice"), Box::new(|_| Ok(entry.into()))).await });
    }
    let (deleted, others): (Vec<_>, Vec<_>) = deletions.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(deleted.len(), 1);
    for other in others {
        assert!(matches!(other, Err(ChangeError::NotFound)), "{other:?}");
    }
    assert_eq!(store.trail().await.len(), 2);
}
