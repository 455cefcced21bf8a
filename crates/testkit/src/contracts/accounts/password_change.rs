use std::sync::Arc;

use steward_domain::ports::{PasswordChange, PasswordChangeError};
use steward_domain::{Action, AuditEntry, PasswordHash, Role, SessionId, Timestamp, User, UserChange};
use tokio::task::JoinSet;

use super::{hash_of, reset};
use crate::contracts::Store;
use crate::contracts::fixture::assert_recorded;
use crate::{a_user, an_entry, at, user_id};

fn change_of(id: &str, session: SessionId, [old, new]: [&str; 2]) -> PasswordChange {
    PasswordChange { user: user_id(id), session, old: PasswordHash::new(old), new: PasswordHash::new(new) }
}

fn entry(at: Timestamp) -> AuditEntry {
    an_entry(Action::PasswordChanged, "alice", at)
}

/// Alice, whose hash is `old`, and her session, opened at the beginning and valid for an hour.
async fn alice(store: &Store) -> (User, SessionId) {
    let alice = a_user("Alice").password_hash("old").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    (store.user("alice").await, session)
}

/// Even if an administrator has set the previous password.
pub async fn a_changed_password_need_not_be_changed_again(store: Store) {
    let (alice, _) = alice(&store).await;
    a_user("bob").password_hash("set by root").create(&*store.accounts).await;
    reset(&store, "alice", "set by root").await.unwrap();
    let session = store.open(&alice, at(8)).await;
    let before = store.user("alice").await;
    assert!(before.must_change_password);
    let change = change_of("aLICE", session, ["set by root", "new"]);
    let after = store.accounts.change_password(change, entry(at(9)).into()).await.unwrap();
    assert_eq!(after, User { must_change_password: false, updated_at: at(9), ..before });
    assert_eq!(store.user("alice").await, after);
    assert_eq!((hash_of(&store, "alice").await, hash_of(&store, "bob").await), ("new".into(), "set by root".into()));
}

/// The session of the change, sessions of other users and later sessions stay active.
pub async fn a_changed_password_ends_the_users_other_sessions(store: Store) {
    let (alice, session) = alice(&store).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two, bobs) =
        (store.open(&alice, at(1)).await, store.open(&alice, at(2)).await, store.open(&bob, at(2)).await);
    store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry(at(3)).into()).await.unwrap();
    assert!(store.is_active(session, at(4)).await && store.is_active(bobs, at(4)).await);
    assert!(!store.is_active(one, at(4)).await && !store.is_active(two, at(4)).await);
    let anew = store.open(&alice, at(5)).await;
    assert!(store.is_active(anew, at(6)).await);
}

/// With every field of the entry.
pub async fn a_password_change_writes_its_audit_entry(store: Store) {
    let (_, session) = alice(&store).await;
    let entry = entry(at(3)).with_details("every other session ended");
    store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry.clone().into()).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    assert_recorded(&trail[1], &entry);
}

/// The session has ended, has expired, is unknown or is another user's; or the user is inactive or deleted. A changed
/// role does not matter.
pub async fn an_ended_session_cannot_change_the_password(store: Store) {
    let (alice, session) = alice(&store).await;
    let bob = a_user("bob").password_hash("old").create(&*store.accounts).await;
    let (ended, bobs, other) =
        (store.open(&alice, at(0)).await, store.open(&bob, at(0)).await, store.open(&alice, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    let before = (store.user("alice").await, store.trail().await.len());
    let assert_gone = async |id: &str, session, at| {
        let result = store.accounts.change_password(change_of(id, session, ["old", "new"]), entry(at).into()).await;
        assert!(matches!(result, Err(PasswordChangeError::ActorGone)), "{id} {session:?} {at}: {result:?}");
    };
    assert_gone("alice", ended, at(2)).await;
    assert_gone("alice", session, at(3600)).await;
    assert_gone("alice", SessionId::from_bytes([9; 16]), at(2)).await;
    assert_gone("alice", bobs, at(2)).await;
    assert_gone("unknown", session, at(2)).await;
    assert_eq!((store.user("alice").await, store.trail().await.len()), before);
    assert_eq!((hash_of(&store, "alice").await, hash_of(&store, "bob").await), ("old".into(), "old".into()));
    assert!(store.is_active(other, at(2)).await, "a rejected change ends no session");

    let promoted = UserChange { role: Some(Role::Admin), ..UserChange::default() };
    store.change("alice", promoted, at(3)).await.unwrap();
    store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry(at(4)).into()).await.unwrap();
    store.set_active("alice", false, at(5)).await;
    assert_gone("alice", session, at(6)).await;
    store.delete("alice", at(7)).await.unwrap();
    assert_gone("alice", session, at(8)).await;
}

/// Neither the hash nor any other field.
pub async fn an_outdated_password_change_is_rejected(store: Store) {
    let (alice, session) = alice(&store).await;
    let other = store.open(&alice, at(1)).await;
    store.accounts.rehash(alice.id, &PasswordHash::new("old"), &PasswordHash::new("anew")).await.unwrap();
    let before = store.user("alice").await;
    let result = store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry(at(2)).into()).await;
    assert!(matches!(result, Err(PasswordChangeError::Stale)), "{result:?}");
    assert_eq!((store.user("alice").await, hash_of(&store, "alice").await), (before, "anew".into()));
    assert!(store.is_active(other, at(2)).await);
    assert_eq!(store.trail().await.len(), 1);
    store.accounts.change_password(change_of("alice", session, ["anew", "new"]), entry(at(3)).into()).await.unwrap();
}

/// From one session or from several: the other changes are stale, or their sessions have ended.
pub async fn of_concurrent_password_changes_one_succeeds(store: Store) {
    let (alice, session) = alice(&store).await;
    let mut sessions = vec![session; 10];
    for _ in 0..10 {
        sessions.push(store.open(&alice, at(1)).await);
    }
    let mut changes = JoinSet::new();
    for (n, session) in sessions.into_iter().enumerate() {
        let accounts = Arc::clone(&store.accounts);
        let new = format!("new {n}");
        changes.spawn(async move {
            let change = change_of("alice", session, ["old", &new]);
            (session, new, accounts.change_password(change, entry(at(2)).into()).await)
        });
    }
    let mut made = Vec::new();
    for (session, new, result) in changes.join_all().await {
        match result {
            Ok(_) => made.push((session, new)),
            Err(PasswordChangeError::Stale | PasswordChangeError::ActorGone) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(hash_of(&store, "alice").await, made[0].1);
    assert!(store.is_active(made[0].0, at(3)).await);
    assert_eq!(store.trail().await.len(), 2);
}

/// A store that rejects null characters writes nothing; a store that accepts them writes everything.
pub async fn a_failed_audit_entry_rolls_back_the_password_change(store: Store) {
    let (alice, session) = alice(&store).await;
    let other = store.open(&alice, at(1)).await;
    let change = change_of("alice", session, ["old", "new"]);
    let changed = store.accounts.change_password(change, entry(at(2)).with_details("a\0b").into()).await.is_ok();
    assert_eq!(hash_of(&store, "alice").await, if changed { "new" } else { "old" });
    assert_eq!(store.is_active(other, at(3)).await, !changed);
    assert_eq!(store.trail().await.len(), 1 + usize::from(changed));
}
