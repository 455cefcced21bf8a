use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, NewSession, Origin, PasswordHash, RefreshOutcome, Role, Rotation,
    SessionId, Timestamp, TokenHash, User, UserChange,
};
use tokio::task::JoinSet;

use crate::contracts::Store;
use crate::contracts::fixture::{assert_recorded, decided};
use crate::{a_user, an_entry, at, user_id};

const GRACE: i64 = 10;

fn token(text: &str) -> TokenHash {
    TokenHash::of(text.as_bytes())
}

/// A rotation from `presented` to `successor`, with half an hour of idle time and ten seconds of grace.
fn rotation(presented: &str, successor: &str, now: Timestamp) -> Rotation {
    Rotation {
        presented: token(presented),
        successor: token(successor),
        previous_key_successor: None,
        now,
        idle: TimeDelta::minutes(30),
        grace: TimeDelta::seconds(GRACE),
        origin: Origin::new(Some([192, 0, 2, 9].into()), Some("curl/8")),
    }
}

impl Store {
    /// Opens a session with this refresh token, valid for an hour and, if refreshed, for two.
    async fn open_with(&self, user: &User, refresh: &str) -> SessionId {
        let session = NewSession { refresh: token(refresh), ends_at: at(7200), ..self.a_session(user, at(0)) };
        let id = session.id;
        self.open_as(user, session).await;
        id
    }

    async fn refresh(&self, presented: &str, successor: &str, now: Timestamp) -> RefreshOutcome {
        self.sessions.refresh(rotation(presented, successor, now)).await.unwrap()
    }
}

/// The session and the successor of a successful refresh.
#[track_caller]
fn done(rotated: RefreshOutcome) -> (AuthenticatedSession, TokenHash) {
    match rotated {
        RefreshOutcome::Done { session, successor } => (*session, successor),
        other => panic!("{other:?}"),
    }
}

/// The lookup returns the new expiry, and the successor can be exchanged in turn.
pub async fn a_refresh_exchanges_the_token_and_extends_the_session(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    let other = store.open(&alice, at(0)).await;
    let user = store.user("alice").await;
    let (session, successor) = done(store.refresh("one", "two", at(3000)).await);
    let expected = AuthenticatedSession::new(id, user.clone(), at(4800), at(3000));
    assert_eq!((&session, successor), (&expected, token("two")));
    assert_eq!(store.sessions.find_active(id, at(4799)).await.unwrap(), Some(expected));
    assert!(!store.is_active(id, at(4800)).await && !store.is_active(other, at(3600)).await);
    let (session, successor) = done(store.refresh("two", "three", at(4799)).await);
    assert_eq!((session.expires_at, successor), (at(6599), token("three")));
    assert_eq!(store.user("alice").await, user, "a refresh is not a sign-in");
    assert_eq!(store.trail().await.len(), 1);
}

/// Whatever the number of refreshes.
pub async fn a_refresh_does_not_exceed_the_absolute_lifetime(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "0").await;
    let mut expires_at = at(3600);
    for (n, now) in (0..).zip([3500, 5000, 6000, 7199]) {
        let (session, _) = done(store.refresh(&n.to_string(), &(n + 1).to_string(), at(now)).await);
        assert_eq!(session.expires_at, at((now + 1800).min(7200)));
        expires_at = session.expires_at;
    }
    assert_eq!(expires_at, at(7200));
    assert!(!store.is_active(id, at(7200)).await);
    assert_eq!(store.refresh("4", "5", at(7200)).await, RefreshOutcome::Unknown);
}

/// A successor that was not issued is unknown, too.
pub async fn an_unissued_refresh_token_is_unknown(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    for presented in ["two", "", "One"] {
        assert_eq!(store.refresh(presented, "next", at(1)).await, RefreshOutcome::Unknown);
    }
    assert!(store.is_active(id, at(2)).await);
}

/// The current role, not the one at the sign-in.
pub async fn a_refreshed_session_returns_the_current_user(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.open_with(&alice, "one").await;
    let changed =
        store.change("alice", UserChange { role: Some(Role::Admin), ..UserChange::default() }, at(1)).await.unwrap();
    assert_eq!(done(store.refresh("one", "two", at(2)).await).0.user, changed);
}

/// Nothing is written: neither the session nor the grace period is extended.
pub async fn a_retry_within_the_grace_period_returns_the_same_successor(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    let first = done(store.refresh("one", "two", at(100)).await);
    // The clock of the first process may have been ahead.
    for now in [95, 100, 105, 100 + GRACE - 1] {
        assert_eq!(done(store.refresh("one", "two", at(now)).await), first, "at {now} s");
    }
    assert_eq!(store.sessions.find_active(id, at(101)).await.unwrap(), Some(first.0));
    assert_eq!(store.trail().await.len(), 1);
    assert_eq!(store.refresh("one", "two", at(100 + GRACE)).await, RefreshOutcome::Reused);
}

/// The key that derives successors may change between a request and its retry.
pub async fn a_retry_under_another_key_returns_the_issued_successor(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.open_with(&alice, "one").await;
    done(store.refresh("one", "two", at(0)).await);
    let retry = Rotation { previous_key_successor: Some(token("two")), ..rotation("one", "another two", at(1)) };
    let (_, successor) = done(store.sessions.refresh(retry).await.unwrap());
    assert_eq!(successor, token("two"));
    assert_eq!(store.refresh("another two", "three", at(2)).await, RefreshOutcome::Unknown);
    done(store.refresh("two", "three", at(2)).await);
}

/// With one audit entry. Other sessions of the user stay active.
pub async fn a_reuse_after_the_grace_period_ends_the_session(store: Store) {
    let alice = a_user("alice").name("Alice Cooper").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    let other = store.open_with(&alice, "other").await;
    done(store.refresh("one", "two", at(0)).await);
    let again = rotation("one", "two", at(GRACE));
    assert_eq!(store.sessions.refresh(again.clone()).await.unwrap(), RefreshOutcome::Reused);
    assert!(!store.is_active(id, at(GRACE)).await && !store.is_active(id, at(0)).await);
    assert!(store.is_active(other, at(GRACE)).await);
    for presented in ["one", "two"] {
        assert_eq!(store.refresh(presented, "three", at(GRACE)).await, RefreshOutcome::Unknown);
    }
    let trail = store.trail().await;
    assert_eq!(trail.len(), 2);
    let entry = AuditEntry::of_reuse(&store.user("alice").await, id, again.now, again.origin);
    assert_recorded(&trail[1], &entry);
    assert_eq!((trail[1].action.as_str(), trail[1].actor_name.as_str()), ("REFRESH_TOKEN_REUSED", "Alice Cooper"));
}

/// Within the grace period, too: a client with the successor's successor has received every response.
pub async fn a_reuse_after_use_of_the_successor_ends_the_session(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    done(store.refresh("one", "two", at(0)).await);
    done(store.refresh("two", "three", at(1)).await);
    assert_eq!(store.refresh("one", "two", at(2)).await, RefreshOutcome::Reused);
    assert!(!store.is_active(id, at(2)).await);
    assert_eq!(store.refresh("three", "four", at(2)).await, RefreshOutcome::Unknown);
}

/// A token has one chain of successors, without branches.
pub async fn a_reuse_with_another_successor_ends_the_session(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    done(store.refresh("one", "two", at(0)).await);
    assert_eq!(store.refresh("one", "branch", at(1)).await, RefreshOutcome::Reused);
    assert!(!store.is_active(id, at(1)).await);
}

/// Not even by an unused token, and nothing is written.
pub async fn an_ended_session_cannot_be_refreshed(store: Store) {
    let accounts = &*store.accounts;
    for (n, id) in ["ended", "expired", "off", "off-and-on", "reset", "gone"].into_iter().enumerate() {
        let user = a_user(id).create(accounts).await;
        let session = store.open_with(&user, &format!("{id} fresh")).await;
        let exchanged = store.open_with(&user, &format!("{id} used")).await;
        done(store.refresh(&format!("{id} used"), &format!("{id} next"), at(0)).await);
        let mut now = at(100);
        match id {
            "ended" => {
                store.sessions.end(session, at(99)).await.unwrap();
                store.sessions.end(exchanged, at(99)).await.unwrap();
            }
            "expired" => now = at(3600),
            "off" => drop(store.set_active(id, false, at(99)).await),
            "off-and-on" => {
                store.set_active(id, false, at(98)).await;
                store.set_active(id, true, at(99)).await;
            }
            "reset" => {
                let entry = an_entry(Action::PasswordReset, id, at(99));
                let hash = PasswordHash::new("new");
                accounts.reset_password(&user_id(id), hash, Box::new(|_| Ok(entry.into()))).await.unwrap();
            }
            _ => store.delete(id, at(99)).await.unwrap(),
        }
        let entries = store.trail().await.len();
        for presented in ["fresh", "next", "used"] {
            let rotated = store.refresh(&format!("{id} {presented}"), &format!("successor {n}"), now).await;
            assert_eq!(rotated, RefreshOutcome::Unknown, "{id} {presented}");
        }
        assert_eq!(store.trail().await.len(), entries, "{id}");
    }
}

/// One exchange, one session, one successor; none of them counts as reuse.
pub async fn concurrent_refreshes_return_the_same_successor(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    let mut tries = JoinSet::new();
    for n in 0..60 {
        let sessions = Arc::clone(&store.sessions);
        tries.spawn(async move { sessions.refresh(rotation("one", "two", at(n % 5))).await.unwrap() });
    }
    let answers: Vec<_> = tries.join_all().await.into_iter().map(done).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].1, token("two"));
    assert!(store.is_active(id, at(6)).await);
    done(store.refresh("two", "three", at(6)).await);
    assert_eq!(store.trail().await.len(), 1);
}

/// One audit entry, whatever the number of reuses.
pub async fn concurrent_reuses_end_the_session_once(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    let id = store.open_with(&alice, "one").await;
    done(store.refresh("one", "two", at(0)).await);
    let mut thieves = JoinSet::new();
    for _ in 0..30 {
        let sessions = Arc::clone(&store.sessions);
        thieves.spawn(async move { sessions.refresh(rotation("one", "two", at(GRACE))).await.unwrap() });
    }
    let answers = thieves.join_all().await;
    assert_eq!(answers.iter().filter(|answer| **answer == RefreshOutcome::Reused).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == RefreshOutcome::Unknown).count(), 29, "{answers:?}");
    assert!(!store.is_active(id, at(GRACE)).await);
    assert_eq!(store.trail().await.len(), 2);
}

/// In either order: the refresh is rejected, or its session is ended (CVE-2023-22492).
pub async fn a_session_refreshed_during_a_deactivation_is_ended(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    for round in 0..10 {
        let (first, next) = (format!("{round} first"), format!("{round} next"));
        let id = store.open_with(&alice, &first).await;
        let (sessions, rotation) = (Arc::clone(&store.sessions), rotation(&first, &next, at(round)));
        let refresh = tokio::spawn(async move { sessions.refresh(rotation).await.unwrap() });
        let users = Arc::clone(&store.users);
        let change = UserChange { is_active: Some(false), ..UserChange::default() };
        let change = (change, an_entry(Action::UserDeactivated, "alice", at(round)));
        let deactivation = tokio::spawn(async move { users.update(&user_id("alice"), decided(change)).await });
        refresh.await.unwrap();
        deactivation.await.unwrap().unwrap();
        store.set_active("alice", true, at(round)).await;
        assert!(!store.is_active(id, at(round)).await, "round {round}");
        for presented in [&first, &next] {
            assert_eq!(store.refresh(presented, "another", at(round)).await, RefreshOutcome::Unknown, "round {round}");
        }
    }
}

/// So that another session could use the same token.
pub async fn purging_a_session_deletes_its_refresh_tokens(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    store.open_with(&alice, "one").await;
    done(store.refresh("one", "two", at(1)).await);
    assert_eq!(store.sessions.purge(at(100_000), 10).await.unwrap(), 1);
    for presented in ["one", "two"] {
        assert_eq!(store.refresh(presented, "three", at(2)).await, RefreshOutcome::Unknown);
        store.open_with(&alice, presented).await;
        done(store.refresh(presented, &format!("after {presented}"), at(2)).await);
    }
}
