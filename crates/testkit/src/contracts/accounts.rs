//! The contract of [`Accounts`](steward_domain::ports::Accounts).

mod password_change;

use std::sync::Arc;

use steward_domain::ports::{ChangeError, CreateError, LockedUser, UniqueKey};
use steward_domain::user::UserQuery;
use steward_domain::{
    Action, ActorSession, AuditEntry, NewUser, Origin, PageRequest, PasswordHash, Record, Role, Total, User, UserKey,
};
use tokio::task::JoinSet;

pub use password_change::*;

use super::Store;
use super::fixture::{assert_recorded, assert_refused, refused};
use crate::{UserBuilder, a_user, an_entry, at, the_beginning, user_id};

async fn total(store: &Store) -> Total {
    store.users.list(&UserQuery::default(), &PageRequest::default(), at(0)).await.unwrap().total
}

async fn conflict(store: &Store, user: UserBuilder) -> UniqueKey {
    let (user, record) = user.registration();
    match store.accounts.create(user, record).await {
        Err(CreateError::Conflict(key)) => key,
        other => panic!("no conflict: {other:?}"),
    }
}

async fn hash_of(store: &Store, id: &str) -> String {
    let credentials = store.accounts.credentials(&user_id(id)).await.unwrap().expect("an existing user");
    credentials.password_hash.expose().to_owned()
}

/// The session is valid and has the role that the decision used.
pub async fn a_creation_by_an_administrator_needs_a_valid_session(store: Store) {
    let boss = a_user("boss").admin().create(&*store.accounts).await;
    let (valid, ended) = (store.open(&boss, at(0)).await, store.open(&boss, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    for (n, (session, role, is_allowed)) in
        [(ended, Role::Admin, false), (valid, Role::SuperAdmin, false), (valid, Role::Admin, true)]
            .into_iter()
            .enumerate()
    {
        let before = store.trail().await.len();
        let (user, record) = a_user(&format!("kim{n}")).created_at(at(2)).registration();
        let audit = AuditEntry { acting: Some(ActorSession { session, role }), ..record.audit.clone() };
        let created = store.accounts.create(user, Record { audit, ..record }).await;
        assert_eq!(matches!(created, Err(CreateError::ActorGone)), !is_allowed, "{created:?}");
        assert_eq!(store.trail().await.len(), before + usize::from(is_allowed));
    }
}

/// An administrator has set the password.
pub async fn a_created_user_may_have_to_change_the_password(store: Store) {
    for (id, must_change_password) in [("alice", true), ("bob", false)] {
        let (user, record) = a_user(id).registration();
        let created = store.accounts.create(NewUser { must_change_password, ..user }, record).await.unwrap();
        assert_eq!(created.must_change_password, must_change_password);
        assert_eq!(store.user(id).await, created);
    }
}

/// Resets a password at this instant, without a check of the actor.
async fn reset(store: &Store, id: &str, hash: &str) -> Result<User, ChangeError> {
    let entry = an_entry(Action::PasswordReset, id, at(7));
    store.accounts.reset_password(&user_id(id), PasswordHash::new(hash), Box::new(|_| Ok(entry.into()))).await
}

/// A value that is not a bcrypt hash has no cost.
pub async fn the_highest_cost_is_that_of_the_stored_hashes(store: Store) {
    let highest_cost =
        async || store.accounts.sign_in_credentials(Some(&user_id("user0"))).await.unwrap().highest_hash_cost;
    assert_eq!(highest_cost().await, None);
    let rest = ".".repeat(53);
    for (n, (hash, highest)) in [
        ("plain text with 99 in it".to_owned(), None),
        (String::new(), None),
        (format!("$2b$04${rest}"), Some(4)),
        (format!("$2y$12${rest}"), Some(12)),
        (format!("$2a$10${rest}"), Some(12)),
        ("$argon2id$v=19$m=19456".to_owned(), Some(12)),
    ]
    .into_iter()
    .enumerate()
    {
        a_user(&format!("user{n}")).password_hash(hash).create(&*store.accounts).await;
        assert_eq!(highest_cost().await, highest, "after {n}");
    }
    store.delete("user3", at(1)).await.unwrap();
    assert_eq!(highest_cost().await, Some(10));
}

/// Every field, with microseconds, for each role and status, in several scripts.
pub async fn a_created_user_has_every_requested_field(store: Store) {
    for (n, role) in (0..).zip(Role::ALL) {
        for is_active in [true, false] {
            let id = format!("User.{n}-{is_active}_x");
            let builder = a_user(&id).role(role).name("홍길동 \u{1f980} Éva").locale("zh-Hant-TW").created_at(at(n));
            let wanted = if is_active { builder } else { builder.inactive() }.build();
            let created =
                store.accounts.create(wanted.clone(), an_entry(Action::UserCreated, &id, at(n)).into()).await.unwrap();
            let expected = User {
                id: created.id,
                user_id: wanted.user_id,
                email: wanted.email,
                name: wanted.name,
                role,
                is_active,
                must_change_password: false,
                created_at: wanted.created_at,
                updated_at: wanted.created_at,
                last_login: None,
                email_verified_at: None,
                locale: wanted.locale,
                purge_at: None,
                is_restorable: true,
            };
            assert_eq!(created, expected);
            assert_eq!(created.user_id.as_str(), id);
            assert_eq!(store.user(&id).await, expected);
            assert_eq!(hash_of(&store, &id).await, wanted.password_hash.expose());
        }
    }
}

/// With every field of the entry.
pub async fn a_user_is_created_with_an_audit_entry(store: Store) {
    let (user, record) = a_user("alice").registration();
    let origin = Origin::new(Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()), Some("Mozilla/5.0"));
    let entry = AuditEntry { origin, ..record.audit }.with_details("registered");
    store.accounts.create(user, entry.clone().into()).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 1);
    assert_recorded(&trail[0], &entry);
}

/// `Alice` and `aLICE` are the same id.
pub async fn an_existing_id_in_any_case_is_a_conflict(store: Store) {
    a_user("Alice").create(&*store.accounts).await;
    for id in ["Alice", "alice", "aLICE"] {
        assert_eq!(conflict(&store, a_user(id).email("new@example.com")).await, UniqueKey::UserId, "{id}");
    }
    a_user("alice2").create(&*store.accounts).await;
}

/// In any case.
pub async fn an_existing_address_is_a_conflict(store: Store) {
    a_user("alice").email("Alice@Example.com").create(&*store.accounts).await;
    assert_eq!(conflict(&store, a_user("bob").email("aLICE@eXAMPLE.COM")).await, UniqueKey::Email);
}

/// Whether one user has both or two users have one each.
pub async fn if_both_exist_the_conflict_names_the_id(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    a_user("bob").create(&*store.accounts).await;
    assert_eq!(conflict(&store, a_user("alice")).await, UniqueKey::UserId);
    assert_eq!(conflict(&store, a_user("ALICE").email("bob@example.com")).await, UniqueKey::UserId);
    assert_eq!(conflict(&store, a_user("BOB").email("alice@example.com")).await, UniqueKey::UserId);
}

/// Neither the user nor the audit entry.
pub async fn a_conflict_writes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    conflict(&store, a_user("alice").email("new@example.com").admin()).await;
    conflict(&store, a_user("bob").email("alice@example.com")).await;
    assert_eq!(store.users.find(&user_id("bob"), at(0)).await.unwrap(), None);
    assert_eq!(store.user("alice").await, alice);
    assert_eq!(store.trail().await.len(), 1);
    assert_eq!(total(&store).await, Total::exact(1));
}

/// A store that rejects null characters writes neither user nor entry; a store that accepts them writes both.
pub async fn a_failed_audit_entry_rolls_back_the_creation(store: Store) {
    let (user, record) = a_user("alice").registration();
    let created = store.accounts.create(user, record.audit.with_details("a\0b").into()).await;
    assert_eq!(store.users.find(&user_id("alice"), at(0)).await.unwrap().is_some(), created.is_ok());
    assert_eq!(store.trail().await.len(), usize::from(created.is_ok()));
    assert_eq!(total(&store).await, Total::exact(u64::from(created.is_ok())));
}

/// One call succeeds, and ninety-nine return a conflict.
pub async fn concurrent_creations_of_one_id_create_one_user(store: Store) {
    let users = (0..100).map(|n| {
        let id = if n % 2 == 0 { "Wanted" } else { "wANTED" };
        a_user(id).email(&format!("wanted{n}@example.com"))
    });
    race(&store, users, UniqueKey::UserId).await;
}

/// One call succeeds, and ninety-nine return a conflict.
pub async fn concurrent_creations_of_one_address_create_one_user(store: Store) {
    let users = (0..100).map(|n| a_user(&format!("wanting{n}")).email("wanted@example.com"));
    race(&store, users, UniqueKey::Email).await;
}

async fn race(store: &Store, users: impl Iterator<Item = UserBuilder>, key: UniqueKey) {
    let mut creations = JoinSet::new();
    for user in users {
        let accounts = Arc::clone(&store.accounts);
        let (user, record) = user.registration();
        creations.spawn(async move { accounts.create(user, record).await });
    }
    let (created, others): (Vec<_>, Vec<_>) = creations.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(created.len(), 1);
    for other in others {
        assert!(matches!(other, Err(CreateError::Conflict(taken)) if taken == key), "{other:?}");
    }
    assert_eq!(store.trail().await.len(), 1);
    assert_eq!(total(store).await, Total::exact(1));
}

/// Every user and every entry is written.
pub async fn the_first_users_are_created_with_audit_entries(store: Store) {
    let users = vec![
        a_user("root").super_admin().registration(),
        a_user("gildong").name("홍길동").registration(),
        a_user("eve").inactive().registration(),
    ];
    assert!(store.accounts.create_first(users.clone()).await.unwrap());
    let trail = store.trail().await;
    assert_eq!(trail.len(), 3);
    for ((user, record), stored) in users.iter().zip(&trail) {
        assert_recorded(stored, &record.audit);
        let created = store.user(user.user_id.as_str()).await;
        assert_eq!((created.name, created.role, created.is_active), (user.name.clone(), user.role, user.is_active));
        assert_eq!(hash_of(&store, user.user_id.as_str()).await, user.password_hash.expose());
    }
    assert_eq!(total(&store).await, Total::exact(3));
}

/// One existing user is enough, whatever the id.
pub async fn the_first_users_are_created_only_in_an_empty_store(store: Store) {
    a_user("someone").inactive().create(&*store.accounts).await;
    let users = vec![a_user("root").super_admin().registration()];
    assert!(!store.accounts.create_first(users).await.unwrap());
    assert_eq!(store.users.find(&user_id("root"), at(0)).await.unwrap(), None);
    assert_eq!((store.trail().await.len(), total(&store).await), (1, Total::exact(1)));
}

/// A user that cannot be created prevents the creation of the others.
pub async fn the_first_users_are_created_together_or_not_at_all(store: Store) {
    let users = vec![a_user("alice").registration(), a_user("ALICE").email("other@example.com").registration()];
    assert!(store.accounts.create_first(users).await.is_err());
    assert_eq!(store.users.find(&user_id("alice"), at(0)).await.unwrap(), None);
    assert_eq!((store.trail().await.len(), total(&store).await), (0, Total::exact(0)));
    assert!(store.accounts.create_first(vec![a_user("alice").registration()]).await.unwrap());
}

/// Twenty callers start with an empty database.
pub async fn concurrent_callers_create_the_first_users_once(store: Store) {
    let mut starts = JoinSet::new();
    for n in 0..20 {
        let accounts = Arc::clone(&store.accounts);
        // The users differ, so that no unique key prevents a second creation.
        let users = (0..5).map(|k| a_user(&format!("user-{n}-{k}")).registration()).collect();
        starts.spawn(async move { accounts.create_first(users).await.unwrap() });
    }
    let created = starts.join_all().await.into_iter().filter(|created| *created).count();
    assert_eq!((created, total(&store).await), (1, Total::exact(5)));
    assert_eq!(store.trail().await.len(), 5);
}

/// An unknown user has no credentials.
pub async fn credentials_are_found_by_id_in_any_case(store: Store) {
    let alice = a_user("Alice").password_hash("$2b$12$of.alice").create(&*store.accounts).await;
    for id in ["Alice", "alice", "ALICE"] {
        let credentials = store.accounts.credentials(&user_id(id)).await.unwrap().unwrap();
        assert_eq!((credentials.user, credentials.password_hash.expose()), (alice.clone(), "$2b$12$of.alice"));
        let account = store.accounts.sign_in_credentials(Some(&user_id(id))).await.unwrap().account.unwrap();
        assert_eq!((account.user, account.password_hash.expose()), (alice.clone(), "$2b$12$of.alice"));
    }
    assert!(store.accounts.credentials(&user_id("alice2")).await.unwrap().is_none());
    for unknown in [Some(&user_id("alice2")), None] {
        let stored = store.accounts.sign_in_credentials(unknown).await.unwrap();
        assert_eq!((stored.account.is_none(), stored.highest_hash_cost), (true, Some(12)), "{unknown:?}");
    }
}

/// `updated_at`, the sessions, the audit trail and another user with the same hash stay the same.
pub async fn a_rehash_changes_only_the_hash(store: Store) {
    a_user("bob").password_hash("old").create(&*store.accounts).await;
    let alice = a_user("alice").password_hash("old").create(&*store.accounts).await;
    let session = store.open(&alice, at(1)).await;
    let before = store.user("alice").await;
    store.accounts.rehash(alice.id, &PasswordHash::new("old"), &PasswordHash::new("new")).await.unwrap();
    assert_eq!(hash_of(&store, "alice").await, "new");
    assert_eq!(hash_of(&store, "bob").await, "old");
    assert_eq!(store.user("alice").await, before);
    assert!(store.is_active(session, at(2)).await);
    assert_eq!(store.trail().await.len(), 2);
}

/// A password that was reset since stays reset; a deleted user stays deleted.
pub async fn a_rehash_of_an_outdated_hash_changes_nothing(store: Store) {
    let alice = a_user("alice").password_hash("old").create(&*store.accounts).await;
    let after_reset = reset(&store, "alice", "reset").await.unwrap();
    store.accounts.rehash(alice.id, &PasswordHash::new("old"), &PasswordHash::new("new")).await.unwrap();
    assert_eq!(hash_of(&store, "alice").await, "reset");
    assert_eq!(store.user("alice").await, after_reset);
    store
        .accounts
        .rehash(UserKey::new(alice.id.get() + 1).unwrap(), &PasswordHash::new("old"), &PasswordHash::new("new"))
        .await
        .unwrap();
}

/// The user must choose their own password at the next sign-in.
pub async fn a_reset_sets_a_password_that_must_be_changed(store: Store) {
    let before = a_user("Alice").create(&*store.accounts).await;
    let after = reset(&store, "aLICE", "$2b$12$new").await.unwrap();
    let expected = User { must_change_password: true, updated_at: at(7), ..before };
    assert_eq!(after, expected);
    assert_eq!(store.user("alice").await, expected);
    assert_eq!(hash_of(&store, "alice").await, "$2b$12$new");
}

/// With every field of the entry, after a decision on the stored user.
pub async fn a_reset_writes_its_audit_entry(store: Store) {
    let alice = a_user("alice").super_admin().create(&*store.accounts).await;
    let entry = an_entry(Action::PasswordReset, "alice", at(7));
    let written = entry.clone();
    let decide = move |locked: &LockedUser| {
        assert_eq!(*locked, LockedUser { user: alice, is_last_super_admin: true });
        Ok(written.into())
    };
    store.accounts.reset_password(&user_id("alice"), PasswordHash::new("new"), Box::new(decide)).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    assert_recorded(&trail[1], &entry);
}

/// Sessions of other users stay active.
pub async fn a_reset_ends_all_sessions_of_the_user(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two, bobs) =
        (store.open(&alice, at(0)).await, store.open(&alice, at(1)).await, store.open(&bob, at(1)).await);
    reset(&store, "alice", "new").await.unwrap();
    assert!(!store.is_active(one, at(2)).await && !store.is_active(two, at(2)).await);
    assert!(store.is_active(bobs, at(2)).await);
    let anew = store.open(&alice, at(8)).await;
    assert!(store.is_active(anew, at(8)).await);
}

/// Neither the hash, nor the sessions, nor the audit trail.
pub async fn a_rejected_reset_writes_nothing(store: Store) {
    let alice = a_user("alice").password_hash("old").create(&*store.accounts).await;
    let session = store.open(&alice, the_beginning()).await;
    let before = store.user("alice").await;
    let result = store.accounts.reset_password(&user_id("alice"), PasswordHash::new("new"), refused()).await;
    assert_refused(result);
    assert_eq!((store.user("alice").await, hash_of(&store, "alice").await), (before, "old".to_owned()));
    assert!(store.is_active(session, at(1)).await);
    assert_eq!(store.trail().await.len(), 1);
}

/// The decision function is not called.
pub async fn a_reset_of_an_unknown_user_is_not_found(store: Store) {
    let decide = Box::new(|_: &LockedUser| panic!("decision on an unknown user"));
    let result = store.accounts.reset_password(&user_id("unknown"), PasswordHash::new("new"), decide).await;
    assert!(matches!(result, Err(ChangeError::NotFound)), "{result:?}");
    assert!(store.trail().await.is_empty());
}
