//! The contract of [`Links`](steward_domain::ports::Links).

mod using;

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::ports::{ChangeError, IdGenerator, LinkUseError};
use steward_domain::{
    AccountName, Action, ActorSession, AuditEntry, Email, LinkAction, LinkError, LinkPurpose, Locale, MailContent,
    NewLink, NewMessage, Origin, PasswordHash, Record, ResetRequest, Role, SessionId, Timestamp, TokenHash, User,
};
use tokio::task::JoinSet;

pub use using::*;

use super::Store;
use crate::{TestIds, a_user, an_entry, at, user_id};

/// Every purpose of a link of an account.
const PURPOSES: [LinkPurpose; 4] =
    [LinkPurpose::ResetPassword, LinkPurpose::VerifyEmail, LinkPurpose::ChangeEmail, LinkPurpose::UndoEmailChange];

fn email(text: &str) -> Email {
    Email::parse(text).expect("a valid address")
}

fn request(account: AccountName) -> ResetRequest {
    let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
    ResetRequest { account, locale: Locale::parse("ko-KR").ok(), origin, requested_at: at(1) }
}

fn action(purpose: LinkPurpose) -> LinkAction {
    match purpose {
        LinkPurpose::ResetPassword => LinkAction::ResetPassword(PasswordHash::new("$2b$04$by.link")),
        LinkPurpose::VerifyEmail => LinkAction::VerifyEmail,
        LinkPurpose::ChangeEmail => LinkAction::ChangeEmail,
        LinkPurpose::UndoEmailChange => LinkAction::UndoEmailChange(PasswordHash::new("$2b$04$random")),
        LinkPurpose::AcceptInvitation => unreachable!("a link without an account"),
    }
}

/// A link of a user about an address, created at an instant and valid for an hour. Its token is its id.
fn a_link(ids: &TestIds, purpose: LinkPurpose, user: &User, address: &str, created_at: Timestamp) -> NewLink {
    let id = ids.link_id();
    NewLink {
        id,
        purpose,
        user: Some(user.id),
        address: email(address),
        token_hash: TokenHash::of(id.as_bytes()),
        expires_at: created_at + TimeDelta::hours(1),
    }
}

/// The record of a change at an instant that mails this link to the user.
fn mailing(user: &User, link: NewLink, at: Timestamp) -> Record {
    let content = match link.purpose {
        LinkPurpose::ResetPassword => MailContent::ResetPassword { origin: Origin::default() },
        LinkPurpose::VerifyEmail => MailContent::VerifyEmail,
        LinkPurpose::ChangeEmail => MailContent::ConfirmEmailChange,
        LinkPurpose::UndoEmailChange => MailContent::EmailChanged { new_address: user.email.clone() },
        LinkPurpose::AcceptInvitation => unreachable!("a link without an account"),
    };
    let message = NewMessage::to(user, content).with_link(link);
    Record::from(an_entry(Action::EmailVerificationRequested, user.user_id.as_str(), at)).with_message(message)
}

/// Requests a link about the user's current address at an instant. Returns its token.
async fn requested(store: &Store, ids: &TestIds, purpose: LinkPurpose, id: &str, at: Timestamp) -> TokenHash {
    let address = match purpose {
        LinkPurpose::ChangeEmail | LinkPurpose::UndoEmailChange => format!("{id}.other@example.com"),
        _ => store.user(id).await.email.to_string(),
    };
    requested_about(store, ids, purpose, id, &address, at).await
}

/// Requests a link about this address at an instant. Returns its token.
async fn requested_about(
    store: &Store,
    ids: &TestIds,
    purpose: LinkPurpose,
    id: &str,
    address: &str,
    at: Timestamp,
) -> TokenHash {
    let link = a_link(ids, purpose, &store.user(id).await, address, at);
    let token = link.token_hash;
    let decide = Box::new(move |user: &User, _| Some(mailing(user, link, at)));
    assert!(store.links.request(&user_id(id), purpose, at, decide).await.unwrap());
    token
}

fn used_entry(user: &User, at: Timestamp) -> AuditEntry {
    AuditEntry::by_owner(user, Action::PasswordResetByLink, at, Origin::default())
}

/// Uses a link at an instant.
async fn used(store: &Store, token: TokenHash, purpose: LinkPurpose, at: Timestamp) -> Result<User, LinkUseError> {
    let decide = Box::new(move |user: &User, _: &Email| used_entry(user, at).into());
    store.links.consume(&token, action(purpose), at, decide).await
}

/// Checks that a link cannot be used, for this reason, and that this is found beforehand.
async fn assert_invalid(store: &Store, token: TokenHash, purpose: LinkPurpose, at: Timestamp, reason: LinkError) {
    let before = store.trail().await.len();
    match store.links.find(&token, purpose, at).await {
        Err(LinkUseError::Link(error)) => assert_eq!(error, reason, "{purpose}"),
        other => panic!("{purpose}: {other:?}"),
    }
    match used(store, token, purpose, at).await {
        Err(LinkUseError::Link(error)) => assert_eq!(error, reason, "{purpose}"),
        other => panic!("{purpose}: {other:?}"),
    }
    assert_eq!(store.trail().await.len(), before, "{purpose}");
}

/// Resolves the oldest request at this instant. Returns the arguments of the decision, if there was one.
async fn resolved(store: &Store, since: Timestamp) -> Option<(ResetRequest, User, u64)> {
    let (sender, seen) = std::sync::mpsc::channel();
    let decide = Box::new(move |request: &ResetRequest, user: &User, recent: u64| {
        sender.send((request.clone(), user.clone(), recent)).expect("an open receiver");
        None
    });
    store.links.resolve_reset(since, decide).await.unwrap();
    seen.try_recv().ok()
}

/// By the id in any case, or by the address in any case. A request for an unknown account ends without a decision.
pub async fn a_reset_request_finds_its_account(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    for (account, found) in [
        (AccountName::UserId(user_id("aLICE")), Some(&alice)),
        (AccountName::UserId(user_id("unknown")), None),
        (AccountName::Email(email("ALICE@example.com")), Some(&alice)),
        (AccountName::Email(email("unknown@example.com")), None),
    ] {
        let request = request(account);
        store.links.request_reset(request.clone()).await.unwrap();
        let decided = resolved(&store, at(0)).await;
        assert_eq!(decided, found.map(|user| (request, user.clone(), 0)));
        assert!(!store.links.resolve_reset(at(0), Box::new(|_, _, _| None)).await.unwrap(), "it is taken");
    }
}

/// With the links that it names.
pub async fn a_resolved_request_writes_its_record(store: Store) {
    let ids = TestIds::default();
    let alice = a_user("alice").create(&*store.accounts).await;
    let mut tokens = Vec::new();
    for second in 1..=3 {
        store.links.request_reset(request(AccountName::UserId(user_id("alice")))).await.unwrap();
        let link = a_link(&ids, LinkPurpose::ResetPassword, &alice, "alice@example.com", at(second));
        tokens.push(link.token_hash);
        let decide = Box::new(move |_: &ResetRequest, user: &User, _| Some(mailing(user, link, at(second))));
        assert!(store.links.resolve_reset(at(0), decide).await.unwrap());
    }
    assert_eq!(store.trail().await.len(), 4);
    assert_invalid(&store, tokens[0], LinkPurpose::ResetPassword, at(5), LinkError::Superseded).await;
    assert_eq!(store.links.find(&tokens[2], LinkPurpose::ResetPassword, at(5)).await.unwrap(), alice);
    for (since, recent) in [(at(0), 3), (at(2), 2), (at(4), 0)] {
        store.links.request_reset(request(AccountName::UserId(user_id("alice")))).await.unwrap();
        assert_eq!(resolved(&store, since).await.map(|(_, _, recent)| recent), Some(recent), "{since}");
    }
}

/// In any number of processes, in the order of their arrival per process.
pub async fn concurrent_tasks_resolve_each_request_once(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for _ in 0..20 {
        store.links.request_reset(request(AccountName::UserId(user_id("alice")))).await.unwrap();
    }
    let mut tasks = JoinSet::new();
    for _ in 0..5 {
        let links = Arc::clone(&store.links);
        tasks.spawn(async move {
            let mut decided = 0;
            loop {
                let (sender, seen) = std::sync::mpsc::channel();
                let decide = Box::new(move |_: &ResetRequest, user: &User, _| {
                    sender.send(()).expect("an open receiver");
                    Some(an_entry(Action::PasswordResetRequested, user.user_id.as_str(), at(2)).into())
                });
                let is_taken = links.resolve_reset(at(0), decide).await.unwrap();
                decided += usize::from(seen.try_recv().is_ok());
                if !is_taken {
                    return decided;
                }
            }
        });
    }
    let decided: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!((decided, store.trail().await.len()), (20, 21));
}

/// The number of links of the same user and purpose since an instant.
pub async fn a_request_for_a_link_counts_the_recent_ones(store: Store) {
    let ids = TestIds::default();
    for id in ["alice", "bob"] {
        a_user(id).create(&*store.accounts).await;
    }
    for second in 1..=3 {
        requested(&store, &ids, LinkPurpose::VerifyEmail, "alice", at(second)).await;
        requested(&store, &ids, LinkPurpose::VerifyEmail, "bob", at(second)).await;
        requested(&store, &ids, LinkPurpose::ChangeEmail, "alice", at(second)).await;
    }
    for (since, expected) in [(at(0), 3), (at(3), 1), (at(4), 0)] {
        let decide = Box::new(move |_: &User, recent| {
            assert_eq!(recent, expected);
            None
        });
        let is_written = store.links.request(&user_id("alice"), LinkPurpose::VerifyEmail, since, decide).await.unwrap();
        assert!(!is_written);
    }
    // Another person can cause notices, and must not use up the owner's requests.
    let alice = store.user("alice").await;
    let link = a_link(&ids, LinkPurpose::ResetPassword, &alice, "alice@example.com", at(4));
    let notice = NewMessage::to(&alice, MailContent::NewDevice { origin: Origin::default() }).with_link(link);
    let entry = an_entry(Action::UserUpdated, "alice", at(4));
    let notify = Box::new(move |_: &User, recent| {
        assert_eq!(recent, 0);
        Some(Record::from(entry).with_message(notice))
    });
    let (alice, reset) = (user_id("alice"), LinkPurpose::ResetPassword);
    assert!(store.links.request(&alice, reset, at(0), notify).await.unwrap());
    let none = Box::new(|_: &User, recent| {
        assert_eq!(recent, 0);
        None
    });
    store.links.request(&alice, reset, at(0), none).await.unwrap();
    let unknown = user_id("unknown");
    let result = store.links.request(&unknown, LinkPurpose::VerifyEmail, at(0), Box::new(|_, _| None)).await;
    assert!(matches!(result, Err(ChangeError::NotFound)), "{result:?}");
}

/// Nothing is written.
pub async fn a_request_for_a_link_needs_a_valid_session(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let (valid, ended) = (store.open(&alice, at(0)).await, store.open(&alice, at(0)).await);
    store.sessions.end(ended, at(1)).await.unwrap();
    let before = store.trail().await.len();
    for (session, role, is_allowed) in [
        (ended, Role::User, false),
        (SessionId::from_bytes([7; 16]), Role::User, false),
        (valid, Role::Admin, false),
        (valid, Role::User, true),
    ] {
        let acting = Some(ActorSession { session, role });
        let entry = AuditEntry { acting, ..an_entry(Action::EmailVerificationRequested, "alice", at(2)) };
        let decide = Box::new(move |_: &User, _| Some(entry.into()));
        let result = store.links.request(&user_id("alice"), LinkPurpose::VerifyEmail, at(0), decide).await;
        match result {
            Ok(is_written) => assert!(is_written && is_allowed),
            Err(ChangeError::ActorGone) => assert!(!is_allowed),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(store.trail().await.len(), before + usize::from(is_allowed));
    }
}

/// In any case.
pub async fn an_address_of_a_user_is_taken(store: Store) {
    a_user("alice").email("jürgen@bücher.example").create(&*store.accounts).await;
    for (address, is_taken) in
        [("JÜRGEN@bücher.example", true), ("jürgen@xn--bcher-kva.example", true), ("alice@example.com", false)]
    {
        assert_eq!(store.links.is_taken(&email(address)).await.unwrap(), is_taken, "{address}");
    }
}

/// Only those that expired before the given instant.
pub async fn expired_links_are_purged(store: Store) {
    let ids = TestIds::default();
    a_user("alice").create(&*store.accounts).await;
    let mut tokens = Vec::new();
    for second in 0..5 {
        tokens.push(requested(&store, &ids, LinkPurpose::VerifyEmail, "alice", at(second)).await);
    }
    assert_eq!(store.links.purge(at(3600), 10).await.unwrap(), 0);
    assert_eq!(store.links.purge(at(3603), 2).await.unwrap(), 2);
    assert_eq!(store.links.purge(at(3603), 2).await.unwrap(), 1);
    assert_eq!(store.links.purge(at(3603), 2).await.unwrap(), 0);
    assert_invalid(&store, tokens[2], LinkPurpose::VerifyEmail, at(5), LinkError::Unknown).await;
    assert_invalid(&store, tokens[3], LinkPurpose::VerifyEmail, at(5), LinkError::Superseded).await;
    assert!(used(&store, tokens[4], LinkPurpose::VerifyEmail, at(5)).await.is_ok());
}

/// A registration mails a link to an account that has no key before it is stored.
pub async fn a_link_of_a_registration_belongs_to_the_new_user(store: Store) {
    let ids = TestIds::default();
    let other = a_user("other").create(&*store.accounts).await;
    let (user, record) = a_user("alice").registration();
    let link = NewLink { user: None, ..a_link(&ids, LinkPurpose::VerifyEmail, &other, "alice@example.com", at(0)) };
    let token = link.token_hash;
    let mut message = NewMessage::to(&other, MailContent::VerifyEmail).with_link(link).at_address(user.email.clone());
    message.recipient.user = None;
    let alice = store.accounts.create(user, record.with_message(message)).await.unwrap();
    assert_eq!(store.links.find(&token, LinkPurpose::VerifyEmail, at(1)).await.unwrap(), alice);
}
