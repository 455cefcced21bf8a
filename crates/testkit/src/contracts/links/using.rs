use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::lockout::{LockoutRules, Network, Source};
use steward_domain::ports::{Attempt, CreateError, LinkUseError, PasswordChange, UniqueKey};
use steward_domain::{
    Action, Email, LinkAction, LinkError, LinkPurpose, MailContent, NewMessage, NewSession, Origin, PasswordHash,
    Record, Role, SessionSelector, Timestamp, TokenHash, User, UserChange,
};
use tokio::task::JoinSet;

use super::{PURPOSES, a_link, action, assert_invalid, email, mailing, requested, requested_about, used, used_entry};
use crate::contracts::Store;
use crate::contracts::fixture::{assert_recorded, decided};
use crate::{TestIds, a_user, an_entry, at, user_id};

const RESET: LinkPurpose = LinkPurpose::ResetPassword;
const VERIFY: LinkPurpose = LinkPurpose::VerifyEmail;
const CHANGE: LinkPurpose = LinkPurpose::ChangeEmail;
const UNDO: LinkPurpose = LinkPurpose::UndoEmailChange;

/// One open link of each purpose, of the user with this id.
async fn one_of_each(store: &Store, ids: &TestIds, id: &str, at: Timestamp) -> Vec<(LinkPurpose, TokenHash)> {
    let mut links = Vec::new();
    for purpose in PURPOSES {
        links.push((purpose, requested(store, ids, purpose, id, at).await));
    }
    links
}

/// Checks which links are superseded at an instant, and that the others are valid.
async fn assert_superseded(store: &Store, links: &[(LinkPurpose, TokenHash)], at: Timestamp, expected: &[LinkPurpose]) {
    for (purpose, token) in links {
        if expected.contains(purpose) {
            assert_invalid(store, *token, *purpose, at, LinkError::Superseded).await;
        } else {
            assert!(store.links.find(token, *purpose, at).await.is_ok(), "{purpose}");
        }
    }
}

/// Sets alice's password, with this record.
async fn reset_by_administrator(store: &Store, record: Record) {
    let decide = Box::new(|_: &_| Ok(record));
    store.accounts.reset_password(&user_id("alice"), PasswordHash::new("set by root"), decide).await.unwrap();
}

/// Whatever its purpose, and with every field of the entry.
pub async fn a_link_is_used_once_with_its_record(store: Store) {
    let ids = TestIds::default();
    for (purpose, id) in PURPOSES.into_iter().zip(["alice", "bob", "carol", "dave"]) {
        let user = a_user(id).create(&*store.accounts).await;
        let token = requested(&store, &ids, purpose, id, at(1)).await;
        assert_eq!(store.links.find(&token, purpose, at(2)).await.unwrap(), user);
        used(&store, token, purpose, at(2)).await.unwrap();
        assert_recorded(store.trail().await.last().unwrap(), &used_entry(&user, at(2)));
        assert_invalid(&store, token, purpose, at(3), LinkError::Used).await;
        assert_invalid(&store, token, purpose, at(7200), LinkError::Used).await;
    }
}

/// In any number of processes.
pub async fn of_concurrent_uses_of_a_link_one_succeeds(store: Store) {
    let ids = TestIds::default();
    for (purpose, id) in PURPOSES.into_iter().zip(["alice", "bob", "carol", "dave"]) {
        a_user(id).create(&*store.accounts).await;
        let token = requested(&store, &ids, purpose, id, at(1)).await;
        let before = store.trail().await.len();
        let mut uses = JoinSet::new();
        for _ in 0..10 {
            let links = Arc::clone(&store.links);
            uses.spawn(async move {
                let decide = Box::new(|user: &User, _: &Email| used_entry(user, at(2)).into());
                links.consume(&token, action(purpose), at(2), decide).await
            });
        }
        let mut done = 0;
        for result in uses.join_all().await {
            match result {
                Ok(_) => done += 1,
                Err(LinkUseError::Link(LinkError::Used)) => {}
                Err(error) => panic!("{purpose}: {error}"),
            }
        }
        assert_eq!((done, store.trail().await.len()), (1, before + 1), "{purpose}");
    }
}

/// A token is valid for its own purpose only.
pub async fn an_unknown_token_or_another_purpose_is_rejected(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    let links = one_of_each(&store, &ids, "alice", at(1)).await;
    for purpose in PURPOSES {
        assert_invalid(&store, TokenHash::of(b"unknown"), purpose, at(2), LinkError::Unknown).await;
        for (other, token) in links.iter().filter(|(other, _)| *other != purpose) {
            assert!(*other != purpose);
            assert_invalid(&store, *token, purpose, at(2), LinkError::Unknown).await;
        }
    }
    store.delete("alice", at(3)).await.unwrap();
    for (purpose, token) in links {
        assert_invalid(&store, token, purpose, at(4), LinkError::Unknown).await;
    }
}

/// To the microsecond.
pub async fn an_expired_link_is_rejected(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    for (purpose, token) in one_of_each(&store, &ids, "alice", at(1)).await {
        assert!(store.links.find(&token, purpose, at(3601) - chrono::TimeDelta::microseconds(1)).await.is_ok());
        assert_invalid(&store, token, purpose, at(3601), LinkError::Expired).await;
    }
}

/// Of the same purpose and account. A link that restores an address is superseded by one with the same address only.
pub async fn a_newer_link_supersedes_the_earlier_ones(store: Store) {
    let ids = TestIds::default();
    for id in ["alice", "bob"] {
        a_user(id).create(&*store.accounts).await;
    }
    let (first, bobs) =
        (one_of_each(&store, &ids, "alice", at(1)).await, one_of_each(&store, &ids, "bob", at(1)).await);
    let second = one_of_each(&store, &ids, "alice", at(2)).await;
    assert_superseded(&store, &first, at(3), &PURPOSES).await;
    assert_superseded(&store, &second, at(3), &[]).await;
    assert_superseded(&store, &bobs, at(3), &[]).await;
    requested_about(&store, &ids, UNDO, "alice", "third@example.com", at(3)).await;
    assert_superseded(&store, &second, at(4), &[]).await;
}

/// Whether the user or an administrator sets it: a thief must not keep a way into the account.
pub async fn a_new_password_supersedes_links_that_give_control(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").password_hash("old").create(&*store.accounts).await;
    let session = store.open(&alice, at(0)).await;
    let links = one_of_each(&store, &ids, "alice", at(1)).await;
    let change = PasswordChange {
        user: user_id("alice"),
        session,
        old: PasswordHash::new("old"),
        new: PasswordHash::new("new"),
    };
    let entry = an_entry(Action::PasswordChanged, "alice", at(2));
    store.accounts.change_password(change, entry.into()).await.unwrap();
    assert_superseded(&store, &links, at(3), &[RESET, CHANGE]).await;

    let links = one_of_each(&store, &ids, "alice", at(3)).await;
    let entry = an_entry(Action::PasswordReset, "alice", at(4));
    reset_by_administrator(&store, entry.into()).await;
    assert_superseded(&store, &links, at(5), &[RESET, CHANGE]).await;
}

/// The link of the record itself is newer, and stays valid.
pub async fn a_reset_by_an_administrator_can_mail_a_link(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    let earlier = requested(&store, &ids, RESET, "alice", at(1)).await;
    let link = a_link(&ids, RESET, &alice, "alice@example.com", at(2));
    let token = link.token_hash;
    let record = mailing(&alice, link, at(2));
    reset_by_administrator(&store, record).await;
    assert_superseded(&store, &[(RESET, earlier)], at(3), &[RESET]).await;
    assert!(used(&store, token, RESET, at(3)).await.is_ok());
}

/// An administrator's change of the address or a deactivation. Other changes keep the links.
pub async fn a_change_by_an_administrator_supersedes_every_link(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    let verified = requested(&store, &ids, VERIFY, "alice", at(1)).await;
    assert_eq!(used(&store, verified, VERIFY, at(1)).await.unwrap().email_verified_at, Some(at(1)));

    let links = one_of_each(&store, &ids, "alice", at(1)).await;
    let role = UserChange { role: Some(Role::Admin), ..UserChange::default() };
    assert_eq!(store.change("alice", role, at(2)).await.unwrap().email_verified_at, Some(at(1)));
    assert_superseded(&store, &links, at(3), &[]).await;
    let address = UserChange { email: Some(email("new@example.com")), ..UserChange::default() };
    assert_eq!(store.change("alice", address, at(4)).await.unwrap().email_verified_at, None);
    assert_superseded(&store, &links, at(5), &PURPOSES).await;

    let links = one_of_each(&store, &ids, "alice", at(6)).await;
    store.set_active("alice", false, at(7)).await;
    assert_superseded(&store, &links, at(8), &PURPOSES).await;
    store.set_active("alice", true, at(9)).await;
    assert_superseded(&store, &links, at(10), &PURPOSES).await;
}

/// A thief may have requested it with one of the sessions.
pub async fn the_end_of_all_sessions_supersedes_a_change_of_address(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    let (first, _) = (store.open(&alice, at(0)).await, store.open(&alice, at(0)).await);
    let links = one_of_each(&store, &ids, "alice", at(1)).await;
    for (selector, superseded) in [(SessionSelector::One(first), [].as_slice()), (SessionSelector::All, &[CHANGE])] {
        let entry = an_entry(Action::SessionsRevoked, "alice", at(2));
        let decide = Box::new(|_: &_| Ok(entry.into()));
        assert_eq!(store.sessions.revoke(&alice.user_id, selector, decide).await.unwrap(), 1);
        assert_superseded(&store, &links, at(3), superseded).await;
    }
}

/// Even a link that is created for it.
pub async fn a_link_of_an_inactive_account_is_superseded(store: Store) {
    let ids = TestIds::default();
    a_user("eve").inactive().create(&*store.accounts).await;
    let links = one_of_each(&store, &ids, "eve", at(1)).await;
    assert_superseded(&store, &links, at(2), &PURPOSES).await;
}

/// Every session ends, the failed attempts are deleted, the address is confirmed, and the password need not be changed.
pub async fn a_reset_by_link_replaces_the_password(store: Store) {
    let ids = TestIds::default();
    a_user("Alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let entry = an_entry(Action::PasswordReset, "alice", at(0));
    reset_by_administrator(&store, entry.into()).await;
    let alice = store.user("alice").await;
    assert!(alice.must_change_password);
    let (session, bobs) = (store.open(&alice, at(1)).await, store.open(&bob, at(1)).await);
    let (rules, source) = (LockoutRules::default(), Source::Address(Network::of(None)));
    for (account, second) in [("alice", 1), ("alice", 2), ("bob", 2)] {
        let attempt =
            Attempt { account: account.to_owned(), source: source.clone(), counts_for_account: true, at: at(second) };
        store.login_attempts.begin(&attempt, &rules).await.unwrap();
        store.login_attempts.fail(&attempt, &rules).await.unwrap();
    }
    let alice = store.user("alice").await;
    let links = one_of_each(&store, &ids, "alice", at(3)).await;
    let token = links.iter().find(|(purpose, _)| *purpose == RESET).unwrap().1;
    let updated = used(&store, token, RESET, at(4)).await.unwrap();
    let expected =
        User { must_change_password: false, email_verified_at: Some(at(4)), updated_at: at(4), ..alice.clone() };
    assert_eq!((&updated, &store.user("alice").await), (&expected, &expected));
    assert_eq!(store.hash_of(&alice).await.expose(), "$2b$04$by.link");
    assert!(!store.is_active(session, at(5)).await && store.is_active(bobs, at(5)).await);
    for (id, failures) in [("alice", 0), ("bob", 1)] {
        let lock = store.users.find(&user_id(id), at(5)).await.unwrap().unwrap().lock;
        assert_eq!(lock.failures, failures, "{id}");
    }
    let others: Vec<_> = links.into_iter().filter(|(purpose, _)| *purpose != RESET).collect();
    assert_superseded(&store, &others, at(5), &[CHANGE]).await;
}

/// The first confirmation counts. Nothing else changes.
pub async fn a_verification_confirms_the_address(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(1)).await;
    let alice = store.user("alice").await;
    for second in [2, 4] {
        let token = requested(&store, &ids, VERIFY, "alice", at(second)).await;
        let updated = used(&store, token, VERIFY, at(second)).await.unwrap();
        let expected = User { email_verified_at: Some(at(2)), updated_at: at(second), ..alice.clone() };
        assert_eq!((&updated, &store.user("alice").await), (&expected, &expected));
    }
    assert!(store.is_active(session, at(5)).await);
}

/// Sessions stay. Links about the old address are superseded, and those that restore an address stay valid.
pub async fn a_confirmed_address_replaces_the_old_one(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    let session = store.open(&alice, at(1)).await;
    let alice = store.user("alice").await;
    let links = one_of_each(&store, &ids, "alice", at(2)).await;
    let token = links.iter().find(|(purpose, _)| *purpose == CHANGE).unwrap().1;
    let undo = a_link(&ids, UNDO, &alice, "alice@example.com", at(3));
    let undo_token = undo.token_hash;
    let decide = Box::new(move |user: &User, address: &Email| {
        assert_eq!((user.email.as_str(), address.as_str()), ("alice@example.com", "alice.other@example.com"));
        mailing(user, undo, at(3))
    });
    let updated = store.links.consume(&token, LinkAction::ChangeEmail, at(3), decide).await.unwrap();
    let expected = User {
        email: email("alice.other@example.com"),
        email_verified_at: Some(at(3)),
        updated_at: at(3),
        ..alice.clone()
    };
    assert_eq!((&updated, &store.user("alice").await), (&expected, &expected));
    assert!(store.is_active(session, at(4)).await);
    let others: Vec<_> = links.into_iter().filter(|(purpose, _)| *purpose != CHANGE).collect();
    assert_superseded(&store, &others, at(4), &[RESET, VERIFY]).await;

    let reset = requested(&store, &ids, RESET, "alice", at(4)).await;
    let restored = used(&store, undo_token, UNDO, at(5)).await.unwrap();
    assert_eq!((restored.email, restored.email_verified_at), (email("alice@example.com"), Some(at(5))));
    assert!(!store.is_active(session, at(6)).await);
    assert_superseded(&store, &[(RESET, reset)], at(6), &[RESET]).await;
}

/// A thief changes the address twice. The owner's link stays valid, and ends the thief's.
pub async fn a_later_change_does_not_supersede_an_earlier_undo(store: Store) {
    let ids = TestIds::default();
    a_user("alice").email("owner@example.com").create(&*store.accounts).await;
    let mut undo = Vec::new();
    for (second, from, to) in
        [(1, "owner@example.com", "thief@example.com"), (2, "thief@example.com", "thief2@example.com")]
    {
        let token = requested_about(&store, &ids, CHANGE, "alice", to, at(second)).await;
        let link = a_link(&ids, UNDO, &store.user("alice").await, from, at(second));
        undo.push(link.token_hash);
        let decide = Box::new(move |user: &User, _: &Email| mailing(user, link, at(second)));
        store.links.consume(&token, LinkAction::ChangeEmail, at(second), decide).await.unwrap();
    }
    assert_eq!(used(&store, undo[1], UNDO, at(3)).await.unwrap().email, email("thief@example.com"));
    assert_eq!(used(&store, undo[0], UNDO, at(4)).await.unwrap().email, email("owner@example.com"));

    let token = requested_about(&store, &ids, UNDO, "alice", "owner@example.com", at(5)).await;
    let later = requested_about(&store, &ids, UNDO, "alice", "thief@example.com", at(6)).await;
    used(&store, token, UNDO, at(7)).await.unwrap();
    assert_invalid(&store, later, UNDO, at(8), LinkError::Superseded).await;
}

/// Otherwise a thief could take the address, which needs no mailbox, so that the owner cannot restore it.
pub async fn an_address_that_an_undo_can_restore_is_not_registered(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    let undo = requested_about(&store, &ids, UNDO, "alice", "owner@example.com", at(1)).await;
    let (user, record) = a_user("thief").email("owner@example.com").created_at(at(2)).registration();
    let taken = store.accounts.create(user, record).await;
    assert!(matches!(taken, Err(CreateError::Conflict(UniqueKey::Email))), "{taken:?}");
    assert_eq!(used(&store, undo, UNDO, at(3)).await.unwrap().email, email("owner@example.com"));

    requested_about(&store, &ids, UNDO, "alice", "former@example.com", at(4)).await;
    let expired = at(4) + TimeDelta::hours(1);
    a_user("other").email("former@example.com").created_at(expired).create(&*store.accounts).await;
}

/// A thief who changed the address may also delete the account.
pub async fn an_undo_restores_a_deleted_account(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    let undo = requested_about(&store, &ids, UNDO, "alice", "owner@example.com", at(1)).await;
    let reset = requested(&store, &ids, RESET, "alice", at(1)).await;
    let entry = an_entry(Action::AccountDeletionRequested, "alice", at(2));
    let hash = PasswordHash::new("$2b$04$hash.of.alice");
    store.deletions.schedule(&user_id("alice"), &hash, at(900), Box::new(|_| Ok(entry.into()))).await.unwrap();
    assert_invalid(&store, reset, RESET, at(3), LinkError::Superseded).await;
    let alice = used(&store, undo, UNDO, at(4)).await.unwrap();
    assert_eq!((alice.is_active, alice.purge_at, alice.email), (true, None, email("owner@example.com")));
}

/// A thief who changed the password may also delete the account.
pub async fn a_reset_link_restores_a_deleted_account(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    let entry = an_entry(Action::AccountDeletionRequested, "alice", at(2));
    let hash = PasswordHash::new("$2b$04$hash.of.alice");
    store.deletions.schedule(&user_id("alice"), &hash, at(900), Box::new(|_| Ok(entry.into()))).await.unwrap();
    let reset = requested(&store, &ids, RESET, "alice", at(3)).await;
    assert_invalid(&store, reset, RESET, at(900), LinkError::Superseded).await;
    let alice = used(&store, reset, RESET, at(899)).await.unwrap();
    assert_eq!((alice.is_active, alice.purge_at), (true, None));
}

/// Nothing is written, and the link stays valid.
pub async fn a_link_to_a_taken_address_is_a_conflict(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    for purpose in [CHANGE, UNDO] {
        let token = requested_about(&store, &ids, purpose, "alice", "wanted@example.com", at(1)).await;
        a_user("bob").create(&*store.accounts).await;
        let moved = UserChange { email: Some(email("wanted@example.com")), ..UserChange::default() };
        let entry = an_entry(Action::UserUpdated, "bob", at(1));
        store.users.update(&user_id("bob"), decided((moved, entry))).await.unwrap();
        let before = store.trail().await.len();
        let result = used(&store, token, purpose, at(2)).await;
        assert!(matches!(result, Err(LinkUseError::Conflict(UniqueKey::Email))), "{result:?}");
        assert_eq!((store.user("alice").await, store.trail().await.len()), (alice.clone(), before));
        store.delete("bob", at(3)).await.unwrap();
        assert!(store.links.find(&token, purpose, at(4)).await.is_ok());
    }
}

/// A sign-in mails the link of its notice with its session. A rejected one mails nothing.
pub async fn a_link_of_a_sign_in_is_written_with_its_session(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    for (hash, is_opened) in [("outdated", false), ("$2b$04$hash.of.alice", true)] {
        let link = a_link(&ids, RESET, &alice, "alice@example.com", at(1));
        let token = link.token_hash;
        let notice = NewMessage::to(&alice, MailContent::NewDevice { origin: Origin::default() }).with_link(link);
        let session = NewSession { messages: vec![notice], ..store.a_session(&alice, at(1)) };
        store.sessions.open(session, &PasswordHash::new(hash)).await.unwrap();
        assert_eq!(store.links.find(&token, RESET, at(2)).await.is_ok(), is_opened, "{hash}");
    }
}

/// A store that rejects null characters writes nothing; a store that accepts them writes everything.
pub async fn a_failed_audit_entry_rolls_back_the_use_of_a_link(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    let token = requested(&store, &ids, RESET, "alice", at(1)).await;
    let decide = Box::new(|user: &User, _: &Email| used_entry(user, at(2)).with_details("a\0b").into());
    let is_used = store.links.consume(&token, action(RESET), at(2), decide).await.is_ok();
    assert_eq!(store.hash_of(&alice).await.expose() == "$2b$04$by.link", is_used);
    assert_eq!(store.links.find(&token, RESET, at(3)).await.is_err(), is_used);
}
