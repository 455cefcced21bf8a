//! Finding and changing a user.

use steward_domain::ports::{ChangeError, LockedUser, UniqueKey};
use steward_domain::{
    Action, ActorSession, AuditEntry, DisplayName, Email, NewSession, Origin, PasswordHash, Role, SessionId, UserChange,
};

use crate::contracts::Store;
use crate::contracts::fixture::{assert_recorded, assert_refused, decided, refused, refused_with_user};
use crate::{UserBuilder, a_user, an_entry, at, the_beginning, user_id};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).unwrap()
}

/// `Alice`, `alice` and `ALICE` are the same user; the stored spelling is returned.
pub async fn a_user_is_found_by_id_in_any_case(store: Store) {
    let created = a_user("Alice").create(&*store.accounts).await;
    for id in ["Alice", "alice", "ALICE", "aLiCe"] {
        let found = store.user(id).await;
        assert_eq!(found, created);
        assert_eq!(found.user_id.as_str(), "Alice");
        let change = UserChange { name: Some(name(id)), ..UserChange::default() };
        store.change(id, change, created.updated_at).await.unwrap();
        let restored = UserChange { name: Some(name("Alice")), ..UserChange::default() };
        assert_eq!(store.change(id, restored, created.updated_at).await.unwrap(), created);
    }
}

/// The session has ended or expired, or the actor's role has changed, since the request was authenticated.
pub async fn an_actor_without_a_valid_session_changes_nothing(store: Store) {
    a_user("boss").super_admin().create(&*store.accounts).await;
    let subject = a_user("subject").create(&*store.accounts).await;
    let session = SessionId::from_bytes([7; 16]);
    let boss = store.user("boss").await;
    let opened = NewSession { id: session, expires_at: at(100), ..store.a_session(&boss, at(0)) };
    store.open_as(&boss, opened).await;
    let entry = |session, role, second| AuditEntry {
        acting: Some(ActorSession { session, role }),
        ..an_entry(Action::UserUpdated, "subject", at(second))
    };
    let rename = |to: &str, entry: AuditEntry| {
        let change = UserChange { name: Some(name(to)), ..UserChange::default() };
        store.users.update(&subject.user_id, Box::new(move |_: &LockedUser| Ok(Some((change, entry.into())))))
    };
    let assert_refused_to = async |entry: AuditEntry| {
        let before = store.user("subject").await;
        assert!(matches!(rename("Changed", entry.clone()).await, Err(ChangeError::ActorGone)), "{entry:?}");
        let deleting = entry.clone();
        let deleted = store.users.delete(&subject.user_id, Box::new(move |_: &LockedUser| Ok(deleting.into()))).await;
        assert!(matches!(deleted, Err(ChangeError::ActorGone)), "{deleted:?}");
        let (hash, decide) = (PasswordHash::new("$2b$04$x"), Box::new(move |_: &LockedUser| Ok(entry.into())));
        let reset = store.accounts.reset_password(&subject.user_id, hash, decide).await;
        assert!(matches!(reset, Err(ChangeError::ActorGone)), "{reset:?}");
        assert_eq!(store.user("subject").await, before);
    };

    assert_eq!(rename("In time", entry(session, Role::SuperAdmin, 99)).await.unwrap().name, name("In time"));
    assert_refused_to(entry(SessionId::from_bytes([8; 16]), Role::SuperAdmin, 1)).await;
    assert_refused_to(entry(session, Role::Admin, 1)).await;
    assert_refused_to(entry(session, Role::SuperAdmin, 100)).await;
    let demoted = UserChange { role: Some(Role::User), ..UserChange::default() };
    store.change("boss", demoted, at(2)).await.unwrap();
    assert_refused_to(entry(session, Role::SuperAdmin, 3)).await;
    let restored = UserChange { role: Some(Role::SuperAdmin), ..UserChange::default() };
    store.change("boss", restored, at(4)).await.unwrap();
    assert!(rename("Again", entry(session, Role::SuperAdmin, 5)).await.is_ok());
    store.sessions.end(session, at(6)).await.unwrap();
    assert_refused_to(entry(session, Role::SuperAdmin, 7)).await;
}

/// The result is `None` or `NotFound`, and the decision function is not called.
pub async fn an_unknown_user_is_not_found_and_not_decided_on(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let unknown = user_id("alice2");
    assert_eq!(store.users.find(&unknown, at(0)).await.unwrap(), None);
    let updated = store.users.update(&unknown, Box::new(|_| panic!("decision on an unknown user"))).await;
    assert!(matches!(updated, Err(ChangeError::NotFound)));
    let deleted = store.users.delete(&unknown, Box::new(|_| panic!("decision on an unknown user"))).await;
    assert!(matches!(deleted, Err(ChangeError::NotFound)));
    assert_eq!(store.trail().await.len(), 1);
}

/// Other fields stay the same.
pub async fn each_field_changes_independently(store: Store) {
    let mut expected = a_user("alice").create(&*store.accounts).await;
    a_user("bystander").create(&*store.accounts).await;
    let bystander = store.user("bystander").await;
    let changes = [
        UserChange { email: Some(email("new@example.com")), ..UserChange::default() },
        UserChange { name: Some(name("Éva 홍길동 O'Brien \"%_\\")), ..UserChange::default() },
        UserChange { role: Some(Role::Admin), ..UserChange::default() },
        UserChange { is_active: Some(false), ..UserChange::default() },
        UserChange { is_active: Some(true), ..UserChange::default() },
        UserChange { role: Some(Role::SuperAdmin), ..UserChange::default() },
    ];
    for (second, change) in (1..).zip(changes) {
        expected.email = change.email.clone().unwrap_or(expected.email);
        expected.name = change.name.clone().unwrap_or(expected.name);
        expected.role = change.role.unwrap_or(expected.role);
        expected.is_active = change.is_active.unwrap_or(expected.is_active);
        expected.is_restorable = expected.is_active;
        expected.updated_at = at(second);
        assert_eq!(store.change("alice", change, at(second)).await.unwrap(), expected);
        assert_eq!(store.user("alice").await, expected);
    }
    assert_eq!(store.user("bystander").await, bystander);
}

/// `created_at` stays the same.
pub async fn all_fields_change_in_one_update(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let change = UserChange {
        email: Some(email("a@b.example")),
        name: Some(name("A")),
        role: Some(Role::SuperAdmin),
        is_active: Some(false),
    };
    let changed = store.change("alice", change.clone(), at(9)).await.unwrap();
    assert_eq!(change.against(&changed), UserChange::default());
    assert_eq!((changed.created_at, changed.updated_at), (the_beginning(), at(9)));
    assert_eq!(store.user("alice").await, changed);
}

/// With every field of the entry that the decision returns.
pub async fn a_change_writes_its_audit_entry(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    let entry = an_entry(Action::UserUpdated, "alice", at(5)).with_details("name: alice → Alice");
    let origin = Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8"));
    let entry = AuditEntry { origin, ..entry };
    let change = UserChange { name: Some(name("Alice")), ..UserChange::default() };
    store.users.update(&user_id("ALICE"), decided((change, entry.clone()))).await.unwrap();
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    assert_recorded(&trail[1], &entry);
}

/// Neither the user nor the audit entry.
pub async fn a_rejected_change_writes_nothing(store: Store) {
    let before = a_user("alice").create(&*store.accounts).await;
    assert_refused(store.users.update(&user_id("alice"), refused()).await);
    assert_eq!(store.user("alice").await, before);
    assert_eq!(store.trail().await.len(), 1);
}

/// Neither the user nor an audit entry; the user is returned.
pub async fn a_decision_without_a_change_writes_nothing(store: Store) {
    let before = a_user("alice").create(&*store.accounts).await;
    assert_eq!(store.users.update(&user_id("alice"), Box::new(|_| Ok(None))).await.unwrap(), before);
    assert_eq!(store.user("alice").await, before);
    assert_eq!(store.trail().await.len(), 1);
}

/// With every field, including the last sign-in.
pub async fn a_decision_receives_the_stored_user(store: Store) {
    let alice = a_user("alice").name("Éva").create(&*store.accounts).await;
    store.open(&alice, at(3)).await;
    let expected = store.user("alice").await;
    assert_eq!(expected.last_login, Some(at(3)));
    let expected = LockedUser { user: expected, is_last_super_admin: false };
    let (decide, seen) = refused_with_user();
    assert_refused(store.users.update(&user_id("alice"), decide).await);
    assert_eq!(seen.recv().unwrap(), expected);
    let (decide, seen) = refused_with_user();
    assert_refused(store.users.delete(&user_id("alice"), decide).await);
    assert_eq!(seen.recv().unwrap(), expected);
}

/// Inactive super_admins and active admins do not count.
pub async fn the_last_active_super_admin_is_marked(store: Store) {
    let is_last = async |id: &str| {
        let (decide, seen) = refused_with_user();
        assert_refused(store.users.update(&user_id(id), decide).await);
        let update = seen.recv().unwrap().is_last_super_admin;
        let (decide, seen) = refused_with_user();
        assert_refused(store.users.delete(&user_id(id), decide).await);
        let delete = seen.recv().unwrap().is_last_super_admin;
        assert_eq!(update, delete);
        update
    };
    let create = async |user: UserBuilder| user.create(&*store.accounts).await;
    create(a_user("retired").super_admin().inactive()).await;
    assert!(!is_last("retired").await, "is not active");
    create(a_user("root").super_admin()).await;
    create(a_user("admin").admin()).await;
    create(a_user("user")).await;
    assert!(is_last("root").await);
    for other in ["retired", "admin", "user"] {
        assert!(!is_last(other).await, "{other}");
    }
    store.set_active("retired", true, at(1)).await;
    assert!(!is_last("root").await);
    assert!(!is_last("retired").await);
    store.set_active("root", false, at(2)).await;
    assert!(is_last("retired").await);
    let promoted = UserChange { role: Some(Role::SuperAdmin), ..UserChange::default() };
    store.change("user", promoted, at(3)).await.unwrap();
    store.delete("retired", at(4)).await.unwrap();
    assert!(is_last("user").await);
}

/// Addresses are compared in their stored form, in lower case.
pub async fn a_change_to_an_existing_address_is_a_conflict_and_writes_nothing(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    a_user("bob").email("Bob@Example.COM").create(&*store.accounts).await;
    let change = UserChange { email: Some(email("bob@example.com")), name: Some(name("New")), ..UserChange::default() };
    let result = store.change("alice", change, at(1)).await;
    assert!(matches!(result, Err(ChangeError::Conflict(UniqueKey::Email))), "{result:?}");
    assert_eq!(store.user("alice").await, alice);
    assert_eq!(store.trail().await.len(), 2);
}

/// An update may contain the current address.
pub async fn the_users_own_address_is_not_a_conflict(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let change = UserChange { email: Some(alice.email.clone()), ..UserChange::default() };
    assert_eq!(store.change("alice", change, at(1)).await.unwrap().email, alice.email);
}

/// They stay ended when the user is activated again. Sessions of other users stay active.
pub async fn a_deactivation_ends_all_sessions_permanently(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let (one, two, bobs) =
        (store.open(&alice, at(0)).await, store.open(&alice, at(1)).await, store.open(&bob, at(1)).await);
    store.set_active("alice", false, at(2)).await;
    assert!(!store.is_active(one, at(2)).await && !store.is_active(two, at(2)).await);
    store.set_active("alice", true, at(3)).await;
    assert!(!store.is_active(one, at(3)).await && !store.is_active(two, at(3)).await);
    assert!(store.is_active(bobs, at(3)).await);
    let anew = store.open(&store.user("alice").await, at(4)).await;
    assert!(store.is_active(anew, at(4)).await);
}

/// A new name, address or role ends no session, nor does activating an active user.
pub async fn other_changes_keep_sessions(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let change = UserChange {
        email: Some(email("new@example.com")),
        name: Some(name("New")),
        role: Some(Role::Admin),
        is_active: Some(true),
    };
    store.change("alice", change, at(1)).await.unwrap();
    assert!(store.is_active(session, at(1)).await);
}

/// A store that rejects null characters, such as PostgreSQL, writes neither change nor entry; a store that accepts them
/// writes both.
pub async fn a_failed_audit_entry_rolls_back_the_change(store: Store) {
    let before = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&before, at(0)).await;
    let poison = an_entry(Action::UserDeactivated, "alice", at(1)).with_details("a\0b");
    let change = UserChange { is_active: Some(false), ..UserChange::default() };
    let changed = store.users.update(&user_id("alice"), decided((change, poison.clone()))).await;
    assert_eq!(store.user("alice").await.is_active, changed.is_err());
    assert_eq!(store.is_active(session, at(1)).await, changed.is_err());
    assert_eq!(store.trail().await.len(), if changed.is_err() { 1 } else { 2 });
    let entries = store.trail().await.len();
    let deleted = store.users.delete(&user_id("alice"), Box::new(|_| Ok(poison.into()))).await;
    assert_eq!(store.users.find(&user_id("alice"), at(0)).await.unwrap().is_some(), deleted.is_err());
    assert_eq!(store.trail().await.len(), entries + usize::from(deleted.is_ok()));
}
