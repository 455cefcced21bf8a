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

/// Alice, whose hash is `old`, and a session of hers that was opened at the beginning and is good for an hour.
async fn alice(store: &Store) -> (User, SessionId) {
    let alice = a_user("Alice").password_hash("old").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    (store.user("alice").await, session)
}

/// Whatever stood there before: a password that somebody else set.
pub async fn a_changed_password_replaces_the_hash_and_asks_for_no_other(store: Store) {
    let (alice, _) = alice(&store).await;
    a_user("bob").password_hash("set by root").create(&*store.accounts).await;
    reset(&store, "alice", "set by root").await.unwrap();
    let session = store.open(&alice, at(8)).await;
    let before = store.user("alice").await;
    assert!(before.must_change_password);
    let change = change_of("aLICE", session, ["set by root", "new"]);
    let after = store.accounts.change_password(change, entry(at(9))).await.unwrap();
    assert_eq!(after, User { must_change_password: false, updated_at: at(9), ..before });
    assert_eq!(store.user("alice").await, after);
    assert_eq!((hash_of(&store, "alice").await, hash_of(&store, "bob").await), ("new".into(), "set by root".into()));
}

/// Not the one in which it was changed, nor those of anybody else, nor one that is opened afterwards.
pub async fn a_changed_password_ends_every_other_session_of_the_user(store: Store) {
    let (alice, session) = alice(&store).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two, bobs) =
        (store.open(&alice, at(1)).await, store.open(&alice, at(2)).await, store.open(&bob, at(2)).await);
    store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry(at(3))).await.unwrap();
    assert!(store.is_good(session, at(4)).await && store.is_good(bobs, at(4)).await);
    assert!(!store.is_good(one, at(4)).await && !store.is_good(two, at(4)).await);
    let anew = store.open(&alice, at(5)).await;
    assert!(store.is_good(anew, at(6)).await);
}

/// Each field of it.
pub async fn a_password_is_changed_with_its_entry(store: Store) {
    let (_, session) = alice(&store).await;
    let entry = entry(at(3)).with_details("every other session ended");
    store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry.clone()).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    assert_recorded(&trail[1], &entry);
}

/// It ended, expired, never was, or is somebody else's; the user is inactive or gone. A new role is no reason.
pub async fn whose_session_is_over_changes_no_password(store: Store) {
    let (alice, session) = alice(&store).await;
    let bob = a_user("bob").password_hash("old").create(&*store.accounts).await;
    let (ended, bobs, other) =
        (store.open(&alice, at(0)).await, store.open(&bob, at(0)).await, store.open(&alice, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    let before = (store.user("alice").await, store.trail().await.len());
    let assert_gone = async |id: &str, session, at| {
        let result = store.accounts.change_password(change_of(id, session, ["old", "new"]), entry(at)).await;
        assert!(matches!(result, Err(PasswordChangeError::ActorGone)), "{id} {session:?} {at}: {result:?}");
    };
    assert_gone("alice", ended, at(2)).await;
    assert_gone("alice", session, at(3600)).await;
    assert_gone("alice", SessionId::from_bytes([9; 16]), at(2)).await;
    assert_gone("alice", bobs, at(2)).await;
    assert_gone("nobody", session, at(2)).await;
    assert_eq!((store.user("alice").await, store.trail().await.len()), before);
    assert_eq!((hash_of(&store, "alice").await, hash_of(&store, "bob").await), ("old".into(), "old".into()));
    assert!(store.is_good(other, at(2)).await, "what was refused ends no session either");

    let promoted = UserChange { role: Some(Role::Admin), ..UserChange::default() };
    store.change("alice", promoted, at(3)).await.unwrap();
    store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry(at(4))).await.unwrap();
    store.set_active("alice", false, at(5)).await;
    assert_gone("alice", session, at(6)).await;
    store.delete("alice", at(7)).await.unwrap();
    assert_gone("alice", session, at(8)).await;
}

/// Neither the hash nor anything else.
pub async fn a_password_that_is_another_by_now_is_not_changed(store: Store) {
    let (alice, session) = alice(&store).await;
    let other = store.open(&alice, at(1)).await;
    store.accounts.rehash(alice.id, &PasswordHash::new("old"), &PasswordHash::new("anew")).await.unwrap();
    let before = store.user("alice").await;
    let result = store.accounts.change_password(change_of("alice", session, ["old", "new"]), entry(at(2))).await;
    assert!(matches!(result, Err(PasswordChangeError::Stale)), "{result:?}");
    assert_eq!((store.user("alice").await, hash_of(&store, "alice").await), (before, "anew".into()));
    assert!(store.is_good(other, at(2)).await);
    assert_eq!(store.trail().await.len(), 1);
    store.accounts.change_password(change_of("alice", session, ["anew", "new"]), entry(at(3))).await.unwrap();
}

/// From one session or from many: the others are stale, or their sessions are over.
pub async fn of_many_changes_at_once_one_is_made(store: Store) {
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
            (session, new, accounts.change_password(change, entry(at(2))).await)
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
    assert!(store.is_good(made[0].0, at(3)).await);
    assert_eq!(store.trail().await.len(), 2);
}

/// Storage that takes no null character writes nothing; one that does writes all of it.
pub async fn an_entry_that_cannot_be_written_undoes_the_change_of_password(store: Store) {
    let (alice, session) = alice(&store).await;
    let other = store.open(&alice, at(1)).await;
    let change = change_of("alice", session, ["old", "new"]);
    let changed = store.accounts.change_password(change, entry(at(2)).with_details("a\0b")).await.is_ok();
    assert_eq!(hash_of(&store, "alice").await, if changed { "new" } else { "old" });
    assert_eq!(store.is_good(other, at(3)).await, !changed);
    assert_eq!(store.trail().await.len(), 1 + usize::from(changed));
}
