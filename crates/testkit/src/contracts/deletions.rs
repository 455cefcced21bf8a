//! The contract of `Deletions`.

use chrono::TimeDelta;
use steward_domain::ports::{ChangeError, Decision, LockedUser};
use steward_domain::{Action, AuditEntry, OpenOutcome, PasswordHash, Record, Timestamp, User, UserChange};

use super::Store;
use super::fixture::{assert_refused, refused};
use crate::{a_user, an_entry, at, user_id};

const PURGE_AT: i64 = 1_000;

impl Store {
    async fn schedule(&self, id: &str, checked: &PasswordHash, purge_at: Timestamp) -> Result<User, ChangeError> {
        let entry = an_entry(Action::AccountDeletionRequested, id, at(5));
        self.deletions.schedule(&user_id(id), checked, purge_at, Box::new(|_| Ok(entry.into()))).await
    }

    async fn restore(&self, id: &str, checked: &PasswordHash) -> Result<User, ChangeError> {
        let record = Record::from(an_entry(Action::AccountRestored, id, at(9)));
        self.deletions.restore(&user_id(id), checked, Box::new(|_| Ok(Some(record)))).await
    }

    async fn due(&self, now: i64, limit: u32) -> Vec<String> {
        self.deletions.due(at(now), limit).await.unwrap().iter().map(ToString::to_string).collect()
    }

    /// A user whose deletion is scheduled.
    async fn deleted(&self, id: &str, purge_at: i64) -> User {
        let user = a_user(id).create(&*self.accounts).await;
        self.schedule(id, &self.hash_of(&user).await, at(purge_at)).await.unwrap()
    }
}

/// A decision of an erasure.
fn erased(entry: AuditEntry) -> Decision<Option<Record>> {
    Box::new(|_| Ok(Some(entry.into())))
}

/// Without sessions. The account cannot sign in.
pub async fn a_scheduled_deletion_deactivates_the_user_and_ends_all_sessions(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(1)).await;
    let hash = store.hash_of(&alice).await;
    let purge_at = at(PURGE_AT) + TimeDelta::microseconds(1);
    let deleted = store.schedule("ALICE", &hash, purge_at).await.unwrap();
    assert_eq!((deleted.is_active, deleted.purge_at, deleted.updated_at), (false, Some(purge_at), at(5)));
    assert_eq!(store.user("alice").await, deleted);
    assert!(!store.is_active(session, at(6)).await);
    let outcome = store.sessions.open(store.a_session(&alice, at(6)), &hash).await.unwrap();
    assert_eq!(outcome, OpenOutcome::Inactive);
    assert_eq!(store.trail().await.last().unwrap().action, "ACCOUNT_DELETION_REQUESTED");
}

/// A deletion and a restoration, after another process replaced the hash.
pub async fn another_hash_is_stale_and_changes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let other = PasswordHash::new("$2b$04$another");
    assert!(matches!(store.schedule("alice", &other, at(PURGE_AT)).await, Err(ChangeError::Stale)));
    assert_eq!(store.user("alice").await, alice);
    let deleted = store.schedule("alice", &store.hash_of(&alice).await, at(PURGE_AT)).await.unwrap();
    assert!(matches!(store.restore("alice", &other).await, Err(ChangeError::Stale)));
    assert_eq!(store.user("alice").await, deleted);
    assert_eq!(store.trail().await.len(), 2);
}

/// The user is active, and the erasure is not due any more.
pub async fn a_restoration_cancels_the_erasure(store: Store) {
    let alice = store.deleted("alice", PURGE_AT).await;
    let restored = store.restore("alice", &store.hash_of(&alice).await).await.unwrap();
    assert_eq!((restored.is_active, restored.purge_at, restored.updated_at), (true, None, at(9)));
    assert_eq!(store.user("alice").await, restored);
    assert!(store.due(PURGE_AT, 10).await.is_empty());
    assert_eq!(store.trail().await.last().unwrap().action, "ACCOUNT_RESTORED");
}

/// Other changes keep it.
pub async fn an_activation_cancels_the_erasure(store: Store) {
    let alice = store.deleted("alice", PURGE_AT).await;
    let role = UserChange { role: Some(steward_domain::Role::Admin), ..UserChange::default() };
    assert_eq!(store.change("alice", role, at(6)).await.unwrap().purge_at, alice.purge_at);
    assert_eq!(store.set_active("alice", true, at(7)).await.purge_at, None);
    assert_eq!(store.set_active("alice", false, at(8)).await.purge_at, None);
    assert!(store.due(PURGE_AT, 10).await.is_empty());
}

/// An administrator decides on the account of a user who deleted it. The erasure stays due.
pub async fn a_deactivation_prevents_the_restoration(store: Store) {
    let alice = store.deleted("alice", PURGE_AT).await;
    assert_eq!(alice.restorable_until(), alice.purge_at);
    let deactivated = store.set_active("alice", false, at(6)).await;
    assert_eq!((deactivated.is_active, deactivated.purge_at), (false, alice.purge_at));
    assert_eq!((deactivated.is_restorable, deactivated.restorable_until()), (false, None));
    assert_eq!(store.user("alice").await, deactivated);
    assert_eq!(store.due(PURGE_AT, 10).await, ["alice"]);
    let activated = store.set_active("alice", true, at(7)).await;
    assert!(activated.is_restorable && activated.purge_at.is_none());
    let again = store.schedule("alice", &store.hash_of(&alice).await, at(PURGE_AT)).await.unwrap();
    assert_eq!(again.restorable_until(), Some(at(PURGE_AT)));
}

/// A deletion, a restoration and an erasure.
pub async fn a_rejected_decision_writes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let hash = store.hash_of(&alice).await;
    assert_refused(store.deletions.schedule(&user_id("alice"), &hash, at(PURGE_AT), refused()).await);
    assert_eq!(store.user("alice").await, alice);
    let deleted = store.schedule("alice", &hash, at(PURGE_AT)).await.unwrap();
    assert_refused(store.deletions.restore(&user_id("alice"), &hash, refused()).await);
    assert_refused(store.deletions.erase(&user_id("alice"), refused()).await);
    let unchanged = store.deletions.restore(&user_id("alice"), &hash, Box::new(|_| Ok(None))).await.unwrap();
    assert_eq!(unchanged, deleted);
    store.deletions.erase(&user_id("alice"), Box::new(|_| Ok(None))).await.unwrap();
    assert_eq!(store.user("alice").await, deleted);
    assert_eq!(store.trail().await.len(), 2);
}

/// From the very instant on, the earliest first.
pub async fn due_accounts_are_listed_by_their_time(store: Store) {
    for (id, purge_at) in [("later", 30), ("first", 10), ("second", 20)] {
        store.deleted(id, purge_at).await;
    }
    a_user("active").create(&*store.accounts).await;
    a_user("inactive").inactive().create(&*store.accounts).await;
    for (now, expected) in [(9, &[][..]), (10, &["first"]), (29, &["first", "second"])] {
        assert_eq!(store.due(now, 10).await, expected, "after {now} s");
    }
    assert_eq!(store.due(1_000, 2).await, ["first", "second"]);
}

/// The decision gets the time of the erasure. Only the user id remains.
pub async fn an_erasure_replaces_personal_data_in_the_audit_trail(store: Store) {
    let alice = store.deleted("alice", PURGE_AT).await;
    let by_alice = AuditEntry {
        actor_id: "alice".to_owned(),
        actor_name: "Alice".to_owned(),
        ..an_entry(Action::UserUpdated, "bob", at(6)).with_details("name: Bob")
    };
    a_user("bob").create(&*store.accounts).await;
    store.users.update(&user_id("bob"), super::fixture::decided((rename(), by_alice))).await.unwrap();
    let entry = an_entry(Action::AccountErased, "alice", at(PURGE_AT));
    let decide: Decision<Option<Record>> = Box::new(move |locked: &LockedUser| {
        assert_eq!(locked.user, alice);
        Ok(Some(entry.into()))
    });
    store.deletions.erase(&user_id("alice"), decide).await.unwrap();
    let trail = store.trail().await;
    let rows: Vec<_> = trail
        .iter()
        .map(|entry| (entry.action.as_str(), entry.actor_name.as_str(), entry.details.as_deref()))
        .collect();
    let expected = [
        ("USER_CREATED", AuditEntry::ERASED, None),
        ("USER_CREATED", "bob", None),
        ("ACCOUNT_DELETION_REQUESTED", "root", None),
        ("USER_UPDATED", AuditEntry::ERASED, Some("name: Bob")),
        ("ACCOUNT_ERASED", "root", None),
    ];
    assert_eq!(rows, expected);
    let again = store.deletions.erase(&user_id("alice"), erased(an_entry(Action::AccountErased, "alice", at(0)))).await;
    assert!(matches!(again, Err(ChangeError::NotFound)));
}

fn rename() -> UserChange {
    let name = steward_domain::DisplayName::parse("Bobby").expect("a valid name");
    UserChange { name: Some(name), ..UserChange::default() }
}
