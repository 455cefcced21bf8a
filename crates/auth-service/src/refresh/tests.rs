use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use steward_contracts::services::{Authenticator, Credentials};
use steward_domain::ports::Users;
use steward_domain::{Action, Role, Timestamp, UserChange};
use steward_testkit::{a_user, an_entry, at, user_id};

use super::*;
use crate::TokenKeys;
use crate::testing::{PASSWORD, SECRET, TestApp, service_with};

const DAY: i64 = 24 * 3600;

async fn set_up() -> TestApp {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app
}

async fn log_in(app: &TestApp) -> SignedIn {
    app.log_in("alice", PASSWORD).await.unwrap()
}

async fn refresh(service: &AuthService, token: &RefreshToken) -> Option<SignedIn> {
    match service.refresh(token, Origin::default()).await {
        Ok(signed_in) => Some(signed_in),
        Err(RefreshError::Invalid) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn is_valid(app: &TestApp, signed_in: &SignedIn) -> bool {
    app.service.authenticate(&signed_in.token).await.is_ok()
}

async fn count_reuses(app: &TestApp) -> usize {
    app.audit_trail().await.iter().filter(|entry| entry.action == "REFRESH_TOKEN_REUSED").count()
}

#[tokio::test]
async fn refreshing_extends_one_session() {
    let app = set_up().await;
    let mut last = log_in(&app).await;
    let session = app.service.authenticate(&last.token).await.unwrap().id;
    for day in 1..5 {
        app.clock.set(at(day * DAY));
        assert!(!is_valid(&app, &last).await, "an access token is valid for an hour");
        let next = refresh(&app.service, &last.refresh_token).await.unwrap();
        assert_ne!(next.token, last.token);
        assert_eq!((next.expires_in, next.refresh_expires_in), (3600, 7 * 24 * 3600));
        let found = app.service.authenticate(&next.token).await.unwrap();
        assert_eq!((found.id, found.expires_at), (session, at((day + 7) * DAY)));
        last = next;
    }
    assert_eq!(app.user("alice").await.last_login, Some(at(0)), "refreshing is no sign-in");
}

#[tokio::test]
async fn access_tokens_of_one_instant_differ_in_their_id() {
    let app = set_up().await;
    let first = log_in(&app).await;
    let next = refresh(&app.service, &first.refresh_token).await.unwrap();
    let again = refresh(&app.service, &first.refresh_token).await.unwrap();
    assert!(first.token != next.token && next.token != again.token);
    assert!(is_valid(&app, &first).await && is_valid(&app, &next).await && is_valid(&app, &again).await);
}

#[tokio::test]
async fn no_token_outlives_the_absolute_end_of_its_session() {
    let app = set_up().await;
    let mut last = log_in(&app).await;
    for day in [6, 12, 18, 24] {
        app.clock.set(at(day * DAY));
        last = refresh(&app.service, &last.refresh_token).await.unwrap();
    }
    assert_eq!(last.refresh_expires_in, 6 * 24 * 3600);
    app.clock.set(at(30 * DAY - 10));
    last = refresh(&app.service, &last.refresh_token).await.unwrap();
    assert_eq!((last.expires_in, last.refresh_expires_in), (10, 10), "an access token ends with its session");
    app.clock.set(at(30 * DAY));
    assert!(!is_valid(&app, &last).await);
    assert!(refresh(&app.service, &last.refresh_token).await.is_none());
}

#[tokio::test]
async fn a_session_without_refresh_ends_after_the_idle_time() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    app.clock.set(at(7 * DAY));
    assert!(refresh(&app.service, &signed_in.refresh_token).await.is_none());
}

#[tokio::test]
async fn a_new_role_is_in_the_next_token() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    let change = UserChange { role: Some(Role::Admin), ..UserChange::default() };
    let entry = an_entry(Action::UserUpdated, "alice", at(1));
    app.users.update(&user_id("alice"), Box::new(|_| Ok(Some((change, entry.into()))))).await.unwrap();
    let next = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    assert_eq!(next.user.role, Role::Admin);
    let payload = next.token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["role"], "admin");
}

/// CVE-2023-22492
#[tokio::test]
async fn a_user_who_cannot_sign_in_cannot_refresh() {
    for event in ["deactivated", "deleted", "password reset", "signed out"] {
        let app = set_up().await;
        app.create(a_user("root").super_admin()).await;
        let signed_in = log_in(&app).await;
        let next = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
        let alice = user_id("alice");
        match event {
            "deactivated" => {
                let change = UserChange { is_active: Some(false), ..UserChange::default() };
                let entry = an_entry(Action::UserDeactivated, "alice", at(1));
                app.users.update(&alice, Box::new(|_| Ok(Some((change, entry.into()))))).await.unwrap();
            }
            "deleted" => {
                let entry = an_entry(Action::UserDeleted, "alice", at(1));
                app.users.delete(&alice, Box::new(|_| Ok(entry.into()))).await.unwrap();
            }
            "password reset" => {
                let root = app.log_in("root", PASSWORD).await.unwrap();
                app.service.reset_password(&root.token, &alice, None, &Origin::default()).await.unwrap();
            }
            _ => {
                let session = app.service.authenticate(&next.token).await.unwrap();
                app.service.logout(session.id).await.unwrap();
            }
        }
        for token in [&next.refresh_token, &signed_in.refresh_token] {
            assert!(refresh(&app.service, token).await.is_none(), "{event}");
        }
        assert_eq!(count_reuses(&app).await, 0, "{event}");
    }
}

#[tokio::test]
async fn a_client_that_lost_the_response_may_retry() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    let lost = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    app.clock.set(at(9));
    let second = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    assert_eq!(second.refresh_token.hash(), lost.refresh_token.hash());
    app.clock.set(at(100));
    assert!(refresh(&app.service, &second.refresh_token).await.is_some());
    assert_eq!(count_reuses(&app).await, 0);
}

#[tokio::test]
async fn concurrent_refreshes_get_the_same_successor() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    let tabs = join_all((0..20).map(|_| refresh(&app.service, &signed_in.refresh_token))).await;
    let next = tabs[0].clone().unwrap().refresh_token;
    assert!(tabs.into_iter().all(|tab| tab.unwrap().refresh_token.hash() == next.hash()));
    app.clock.set(at(3600));
    assert!(refresh(&app.service, &next).await.is_some());
}

/// The thief uses the token before its owner; the reverse order is the same case.
#[tokio::test]
async fn a_stolen_token_ends_the_session_for_both() {
    let app = set_up().await;
    let owner = log_in(&app).await;
    let elsewhere = log_in(&app).await;
    let thief = refresh(&app.service, &owner.refresh_token).await.unwrap();
    app.clock.set(at(10));
    assert!(refresh(&app.service, &owner.refresh_token).await.is_none());
    assert!(!is_valid(&app, &thief).await && !is_valid(&app, &owner).await);
    for token in [&thief.refresh_token, &owner.refresh_token] {
        assert!(refresh(&app.service, token).await.is_none());
    }
    assert!(is_valid(&app, &elsewhere).await);
    let entry = &app.audit_trail().await[0];
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("REFRESH_TOKEN_REUSED", "alice"));
    assert_eq!((entry.target.as_deref(), entry.timestamp), (Some("alice"), at(10)));
    assert_eq!(count_reuses(&app).await, 1);
}

/// Within the grace period both get the same successor, which only one of them can use next.
#[tokio::test]
async fn theft_within_the_grace_period_is_detected_at_the_next_refresh() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    let owner = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    let thief = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    app.clock.set(at(3600));
    let next = refresh(&app.service, &thief.refresh_token).await.unwrap();
    app.clock.set(at(3700));
    assert!(refresh(&app.service, &owner.refresh_token).await.is_none());
    assert!(!is_valid(&app, &next).await);
    assert_eq!(count_reuses(&app).await, 1);
}

#[tokio::test]
async fn a_new_secret_key_before_a_retry_is_not_a_reuse() {
    const NEXT: &str = "another-key-of-32-bytes-for-tests";
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    let lost = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    let keys = TokenKeys { previous: Some(SECRET.into()), ..TokenKeys::secret(NEXT.into()) };
    let restarted: Arc<AuthService> = service_with(app.ports.clone(), keys);
    let second = refresh(&restarted, &signed_in.refresh_token).await.unwrap();
    assert_eq!(second.refresh_token.hash(), lost.refresh_token.hash());
    let third = refresh(&restarted, &second.refresh_token).await.unwrap();
    assert!(restarted.authenticate(&third.token).await.is_ok());
}

/// The two kinds are independent, so that a leak of one kind does not reveal the other.
#[tokio::test]
async fn access_tokens_and_refresh_tokens_are_not_interchangeable() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    assert!(RefreshToken::parse(&signed_in.token).is_none());
    let text = signed_in.refresh_token.text();
    assert!(app.service.authenticate(secrecy::ExposeSecret::expose_secret(&text)).await.is_err());
}

#[tokio::test]
async fn a_refresh_updates_last_seen() {
    let app = set_up().await;
    let signed_in = log_in(&app).await;
    let now: Timestamp = at(0) + TimeDelta::minutes(30);
    app.clock.set(now);
    let next = refresh(&app.service, &signed_in.refresh_token).await.unwrap();
    assert_eq!(app.service.authenticate(&next.token).await.unwrap().last_seen_at, now);
}
