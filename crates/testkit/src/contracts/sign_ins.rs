//! The contract of `SignIns`, and of the sign-ins that `Sessions::open` records.

mod listing;

use chrono::TimeDelta;
use steward_domain::lockout::Network;
use steward_domain::timeline::EventSource;
use steward_domain::{
    Action, ActorKind, DeliveryOutcome, FailedSignIn, FailureReason, MailContent, MailState, NewMessage, NewSession,
    OpenOutcome, Origin, Record, TimelineCursor, TimelineEvent, TimelineItem, Timestamp, User, UserChange, UserKey,
};

pub use listing::*;

use super::Store;
use super::fixture::page_size;
use crate::{a_hash, a_user, at};

fn from(address: &str) -> Origin {
    Origin::new(Some(address.parse().unwrap()), Some("curl/8"))
}

fn network(address: &str) -> Network {
    Network::of(Some(address.parse().unwrap()))
}

async fn fail(store: &Store, user: Option<&User>, reason: FailureReason, at: Timestamp) {
    let failure =
        FailedSignIn { at, user: user.map(|user| user.id), reason, origin: from("192.0.2.7"), messages: Vec::new() };
    store.sign_ins.record(failure).await.unwrap();
}

async fn sign_in(store: &Store, user: &User, address: &str, at: Timestamp) -> NewSession {
    let session = NewSession { origin: from(address), ..store.a_session(user, at) };
    store.open_as(user, session.clone()).await;
    session
}

/// The whole timeline, read page by page.
async fn timeline(store: &Store, user: &User, now: Timestamp, size: u32) -> Vec<TimelineItem> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = store.sign_ins.timeline(user, &EventSource::ALL, now, page_size(size), after).await.unwrap();
        assert!(page.items.len() <= size as usize);
        items.extend(page.items);
        if page.next.is_none() {
            return items;
        }
        after = page.next;
    }
}

async fn sign_ins(store: &Store, user: &User, now: Timestamp) -> Vec<(Timestamp, TimelineEvent, Origin)> {
    let items = timeline(store, user, now, 100).await.into_iter();
    let attempts = items.filter(|item| item.cursor.source == EventSource::SignIns);
    attempts.map(|item| (item.cursor.at, item.event, item.origin)).collect()
}

/// With microseconds, and with its reason.
pub async fn every_attempt_is_stored_with_its_origin(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for (second, reason) in (1..).zip(FailureReason::ALL) {
        fail(&store, Some(&alice), reason, at(second)).await;
    }
    fail(&store, None, FailureReason::UnknownUser, at(9)).await;
    let session = sign_in(&store, &alice, "2001:db8::7", at(10)).await;
    let opened = TimelineEvent::SignIn { session: Some(session.id) };
    let mut expected = vec![(at(10), opened, from("2001:db8::7"))];
    for (second, reason) in (1..).zip(FailureReason::ALL).collect::<Vec<_>>().into_iter().rev() {
        let reason = reason.as_str().to_owned();
        expected.push((at(second), TimelineEvent::FailedSignIn { reason }, from("192.0.2.7")));
    }
    assert_eq!(sign_ins(&store, &alice, at(11)).await, expected);
}

/// The mail of a deleted user is not written, as its attempt has no user.
pub async fn an_attempt_is_stored_with_its_messages(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let content = MailContent::LockedOut { origin: Origin::default(), until: at(60) };
    let failure = FailedSignIn {
        at: at(1),
        user: Some(alice.id),
        reason: FailureReason::Locked,
        origin: from("192.0.2.7"),
        messages: vec![NewMessage::to(&alice, content)],
    };
    store.sign_ins.record(failure.clone()).await.unwrap();
    assert_eq!(sign_ins(&store, &alice, at(2)).await.len(), 1);
    store.delete("alice", at(2)).await.unwrap();
    store.sign_ins.record(failure).await.unwrap();
}

/// A sign-in is written together with its session.
pub async fn a_rejected_session_is_not_a_sign_in(store: Store) {
    let alice = a_user("alice").inactive().create(&*store.accounts).await;
    let session = NewSession { origin: from("192.0.2.7"), ..store.a_session(&alice, at(1)) };
    assert_eq!(store.sessions.open(session, &a_hash("alice")).await.unwrap(), OpenOutcome::Inactive);
    assert!(sign_ins(&store, &alice, at(2)).await.is_empty());
    assert!(!store.sign_ins.is_known(Some(alice.id), network("192.0.2.7"), at(0)).await.unwrap());
}

/// The user may be deleted while the password is compared.
pub async fn an_attempt_for_a_deleted_user_is_stored_without_a_user(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.delete("alice", at(1)).await.unwrap();
    fail(&store, Some(&alice), FailureReason::WrongPassword, at(2)).await;
    assert!(sign_ins(&store, &alice, at(3)).await.is_empty());
    assert_eq!(store.sign_ins.purge(at(3), 10).await.unwrap(), 1, "the attempt is stored");
}

/// An IPv6 network is a /64.
pub async fn a_network_is_known_to_its_user_for_a_limited_time(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    fail(&store, Some(&alice), FailureReason::WrongPassword, at(1)).await;
    assert!(
        !store.sign_ins.is_known(Some(alice.id), network("192.0.2.7"), at(0)).await.unwrap(),
        "only failures so far"
    );
    sign_in(&store, &alice, "192.0.2.7", at(5)).await;
    sign_in(&store, &alice, "2001:db8::7", at(6)).await;
    for (user, address, since, known) in [
        (&alice, "192.0.2.7", 0, true),
        (&alice, "::ffff:192.0.2.7", 5, true),
        (&alice, "192.0.2.7", 6, false),
        (&alice, "192.0.2.8", 0, false),
        (&alice, "2001:db8::ffff:1", 0, true),
        (&alice, "2001:db8:0:1::7", 0, false),
        (&bob, "192.0.2.7", 0, false),
    ] {
        let found = store.sign_ins.is_known(Some(user.id), network(address), at(since)).await.unwrap();
        assert_eq!(found, known, "{} {address} {since}", user.user_id);
    }
    assert!(!store.sign_ins.is_known(None, network("192.0.2.7"), at(0)).await.unwrap());
}

/// Changes of the account, sign-ins and ended sessions.
pub async fn a_timeline_returns_all_events_newest_first(store: Store) {
    let alice = a_user("Alice").create(&*store.accounts).await;
    let short = NewSession { expires_at: at(20), ..store.a_session(&alice, at(10)) };
    store.open_as(&alice, short.clone()).await;
    let long = sign_in(&store, &alice, "192.0.2.7", at(11)).await;
    fail(&store, Some(&alice), FailureReason::WrongPassword, at(12)).await;
    sign_in(&store, &alice, "192.0.2.8", at(13)).await;
    store.set_active("alice", false, at(30)).await;
    let events_until = |now| {
        let store = &store;
        let alice = &alice;
        async move {
            let items = timeline(store, alice, now, 100).await.into_iter();
            items.map(|item| (item.cursor.at, item.event)).collect::<Vec<_>>()
        }
    };
    let all = events_until(at(40)).await;
    let kinds: Vec<_> = all
        .iter()
        .map(|(at, event)| {
            let kind = match event {
                TimelineEvent::SignIn { .. } => "in".to_owned(),
                TimelineEvent::FailedSignIn { reason } => reason.clone(),
                TimelineEvent::SessionEnd { expired, .. } => if *expired { "expired" } else { "ended" }.to_owned(),
                TimelineEvent::Change { action, .. } => action.clone(),
                TimelineEvent::Mail { kind, .. } => kind.clone(),
            };
            ((*at - crate::the_beginning()).num_seconds(), kind)
        })
        .collect();
    let expected = [
        (30, "ended"),
        (30, "ended"),
        (30, "USER_UPDATED"),
        (20, "expired"),
        (13, "in"),
        (12, "wrong_password"),
        (11, "in"),
        (10, "in"),
        (0, "USER_CREATED"),
    ];
    assert_eq!(kinds, expected.map(|(second, kind)| (second, kind.to_owned())));
    assert_eq!(all[3].1, TimelineEvent::SessionEnd { session: short.id, expired: true });
    assert_eq!(all[6].1, TimelineEvent::SignIn { session: Some(long.id) });
    let change = TimelineEvent::Change {
        actor_kind: ActorKind::User,
        action: "USER_UPDATED".to_owned(),
        actor_id: "root".to_owned(),
        actor_name: "root".to_owned(),
        details: None,
    };
    assert_eq!(all[2].1, change);
    assert!(
        events_until(at(19)).await.iter().all(|(at, _)| *at != self::at(20)),
        "a session has no end before it expires"
    );
}

/// With their states, and only those to the account.
pub async fn a_timeline_returns_the_mails_to_the_user(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    let queue = async |user: &User, content: MailContent, at: Timestamp| {
        let entry = crate::an_entry(Action::UserUpdated, user.user_id.as_str(), at);
        let record = Record { messages: vec![NewMessage::to(user, content)], ..entry.into() };
        let name = Some(user.name.clone());
        let change = UserChange { name, ..UserChange::default() };
        store.users.update(&user.user_id, Box::new(|_| Ok(Some((change, record))))).await.unwrap();
    };
    queue(&alice, MailContent::Welcome, at(1)).await;
    queue(&bob, MailContent::Deactivated, at(2)).await;
    queue(&alice, MailContent::Reactivated, at(3)).await;
    for mail in store.outbox.claim(at(4), TimeDelta::minutes(5), 9).await.unwrap() {
        store.outbox.finish(mail.id, mail.attempts, DeliveryOutcome::Sent, at(5)).await.unwrap();
    }
    let events: Vec<_> = timeline(&store, &alice, at(6), 1)
        .await
        .into_iter()
        .filter(|item| item.cursor.source == EventSource::Mails)
        .map(|item| (item.cursor.at, item.event))
        .collect();
    let mail =
        |kind: &str, state, attempts, sent_at| TimelineEvent::Mail { kind: kind.to_owned(), state, attempts, sent_at };
    let queued = mail("reactivated", MailState::Queued, 0, None);
    assert_eq!(events, [(at(3), queued), (at(1), mail("welcome", MailState::Sent, 1, Some(at(5))))]);
    let of_owner =
        store.sign_ins.timeline(&alice, &EventSource::OF_OWNER, at(6), page_size(10), None).await.unwrap().items;
    let is_mail = |item: &TimelineItem| matches!(item.event, TimelineEvent::Mail { .. });
    assert!(of_owner.len() == 3 && !of_owner.iter().any(is_mail), "{of_owner:?}");
}

/// For every page size.
pub async fn pages_of_a_timeline_keep_simultaneous_events(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for second in [1, 1, 1, 2] {
        fail(&store, Some(&alice), FailureReason::WrongPassword, at(second)).await;
        fail(&store, Some(&alice), FailureReason::Locked, at(second)).await;
        let session = sign_in(&store, &alice, "192.0.2.7", at(second)).await;
        store.sessions.end(session.id, at(2)).await.unwrap();
        store.change("alice", steward_domain::UserChange::default(), at(second)).await.unwrap();
    }
    let all = timeline(&store, &alice, at(3), 100).await;
    assert_eq!(all.len(), 4 * 5 + 1);
    assert!(all.windows(2).all(|two| two[0].cursor > two[1].cursor));
    for size in 1..7 {
        assert_eq!(timeline(&store, &alice, at(3), size).await, all, "in parts of {size}");
    }
}

/// Neither to other users, nor to a later user with the same id.
pub async fn a_timeline_excludes_events_of_other_users(store: Store) {
    let before = a_user("alice").create(&*store.accounts).await;
    sign_in(&store, &before, "192.0.2.7", at(1)).await;
    store.delete("alice", at(2)).await.unwrap();
    let alice = a_user("alice").created_at(at(3)).create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    sign_in(&store, &bob, "192.0.2.7", at(4)).await;
    store.change("bob", steward_domain::UserChange::default(), at(4)).await.unwrap();
    fail(&store, None, FailureReason::UnknownUser, at(4)).await;
    let items = timeline(&store, &alice, at(100_000), 100).await;
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!((items[0].cursor.at, items[0].cursor.source), (at(3), EventSource::Changes));
}

/// Callers can put any value into a cursor.
pub async fn a_forged_timeline_cursor_is_not_an_error(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    sign_in(&store, &alice, "192.0.2.7", at(1)).await;
    for (instant, count) in [(Timestamp::MIN_UTC, 0), (at(0), 0), (at(2), 2), (Timestamp::MAX_UTC, 2)] {
        for source in EventSource::ALL {
            for id in [i64::MIN, -1] {
                let cursor = Some(TimelineCursor { at: instant, source, id });
                let page =
                    store.sign_ins.timeline(&alice, &EventSource::ALL, at(3), page_size(10), cursor).await.unwrap();
                // At the instant of the registration, the order depends on the source.
                if instant != at(0) {
                    assert_eq!(page.items.len(), count, "{cursor:?}");
                }
            }
        }
    }
    let unknown = User { id: UserKey::new(alice.id.get() + 1).unwrap(), user_id: crate::user_id("unknown"), ..alice };
    assert!(timeline(&store, &unknown, at(3), 10).await.is_empty());
}

/// Successes and failures of all users.
pub async fn purging_removes_older_attempts_up_to_the_limit(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let bob = a_user("bob").create(&*store.accounts).await;
    for second in 1..=6 {
        fail(&store, (second % 2 == 0).then_some(&alice), FailureReason::WrongPassword, at(second)).await;
    }
    sign_in(&store, &alice, "192.0.2.7", at(7)).await;
    fail(&store, Some(&bob), FailureReason::WrongPassword, at(1)).await;
    store.delete("bob", at(8)).await.unwrap();
    let mut removed = Vec::new();
    for before in [at(1), at(1) + TimeDelta::microseconds(1), at(7), at(7), at(7), at(8), at(8)] {
        removed.push(store.sign_ins.purge(before, 3).await.unwrap());
    }
    assert_eq!(removed, [0, 1, 3, 2, 0, 1, 0], "bob's attempts were deleted with him");
    assert!(!store.sign_ins.is_known(Some(alice.id), network("192.0.2.7"), at(0)).await.unwrap());
}
