use steward_contracts::services::{Authenticator, Credentials};
use steward_domain::User;
use steward_testkit::{a_user, at, user_id};

use super::*;
use crate::login::SignInOutcome;
use crate::testing::{PASSWORD, TestApp, attempt};

const NEW: &str = "battery staple";

async fn app_with_alice() -> (TestApp, User) {
    let app = TestApp::new().await;
    let alice = app.create(a_user("alice")).await;
    (app, alice)
}

/// Signs in and returns the session.
async fn sign_in(app: &TestApp, password: &str) -> AuthenticatedSession {
    let token = app.log_in("alice", password).await.unwrap().token;
    app.service.authenticate(&token).await.unwrap()
}

async fn change(
    app: &TestApp,
    session: &AuthenticatedSession,
    current: &str,
    new: &str,
) -> Result<(), ChangePasswordError> {
    let new = Password::parse(new).unwrap();
    app.service.change_password(session, &attempt(current), new, &Origin::default()).await
}

async fn is_active(app: &TestApp, session: &AuthenticatedSession) -> bool {
    app.ports.sessions.find_active(session.id, app.ports.clock.now()).await.unwrap().is_some()
}

#[tokio::test]
async fn the_new_password_replaces_the_old_one_and_the_other_sessions_end() {
    let (app, _) = app_with_alice().await;
    let (this, other) = (sign_in(&app, PASSWORD).await, sign_in(&app, PASSWORD).await);
    app.clock.set(at(9));
    let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
    let new = Password::parse(NEW).unwrap();
    app.service.change_password(&this, &attempt(PASSWORD), new, &origin).await.unwrap();
    assert!(is_active(&app, &this).await && !is_active(&app, &other).await);
    assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::WrongCredentials)));
    assert!(app.log_in("alice", NEW).await.is_ok());

    let entry = &app.audit_trail().await[0];
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("PASSWORD_CHANGED", "alice"));
    assert_eq!((entry.target.as_deref(), entry.timestamp, &entry.origin), (Some("alice"), at(9), &origin));
    assert!(!format!("{entry:?}").contains(NEW));
    let mail = app.only_mail();
    assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("password_changed", "alice@example.com"));
    assert!(mail.content.contains("192.0.2.1"));
}

#[tokio::test]
async fn a_session_alone_cannot_change_the_password() {
    let (app, _) = app_with_alice().await;
    let (this, other) = (sign_in(&app, PASSWORD).await, sign_in(&app, PASSWORD).await);
    let result = change(&app, &this, "wrong", NEW).await;
    assert!(matches!(result, Err(ChangePasswordError::Current(CurrentPasswordError::Wrong))), "{result:?}");
    assert!(app.log_in("alice", PASSWORD).await.is_ok());
    assert!(is_active(&app, &this).await && is_active(&app, &other).await);
    assert_eq!(app.audit_trail().await.len(), 1);
}

#[tokio::test]
async fn a_weak_new_password_is_rejected_before_the_current_one_is_compared() {
    let (app, _) = app_with_alice().await;
    let this = sign_in(&app, PASSWORD).await;
    let hashes = app.hashes();
    for current in [PASSWORD, "a wrong password"] {
        for weak in ["password123", "alice in chains 7", "abcabcabc"] {
            let result = change(&app, &this, current, weak).await;
            assert!(matches!(result, Err(ChangePasswordError::WeakPassword(_))), "{weak}: {result:?}");
        }
        let result = change(&app, &this, current, current).await;
        assert!(matches!(result, Err(ChangePasswordError::SamePassword)), "{result:?}");
    }
    assert_eq!(app.hashes(), hashes + 6, "each is checked by the policy, and none is compared");
    assert!(app.log_in("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn replacing_a_temporary_password_lifts_the_restriction() {
    let (app, _) = app_with_alice().await;
    app.create(a_user("root").super_admin()).await;
    let root = app.log_in("root", PASSWORD).await.unwrap().token;
    let reset = app.service.reset_password(&root, &user_id("alice"), None, &Origin::default()).await;
    let temporary = reset.unwrap().temporary_password;
    let restricted = sign_in(&app, temporary.expose()).await;
    assert!(restricted.user.must_change_password);
    change(&app, &restricted, temporary.expose(), NEW).await.unwrap();
    let session = app.ports.sessions.find_active(restricted.id, app.ports.clock.now()).await.unwrap().unwrap();
    assert!(!session.user.must_change_password);
    assert!(!app.log_in("alice", NEW).await.unwrap().user.must_change_password);
}

#[tokio::test]
async fn an_ended_session_changes_nothing() {
    let (app, alice) = app_with_alice().await;
    let this = sign_in(&app, PASSWORD).await;
    app.service.logout(this.id).await.unwrap();
    assert!(matches!(
        change(&app, &this, PASSWORD, NEW).await,
        Err(ChangePasswordError::Current(CurrentPasswordError::SignedOut))
    ));
    app.clock.set(at(3600));
    let late = AuthenticatedSession { expires_at: at(3600), ..this };
    assert!(matches!(
        change(&app, &late, PASSWORD, NEW).await,
        Err(ChangePasswordError::Current(CurrentPasswordError::SignedOut))
    ));
    let hash = app.ports.accounts.credentials(&alice.user_id).await.unwrap().unwrap().password_hash;
    assert!(bcrypt::verify(PASSWORD, hash.expose()).unwrap());
}

/// Both requests verify the current password before either of them writes.
#[tokio::test]
async fn the_second_of_two_concurrent_changes_needs_the_new_password() {
    let (app, _) = app_with_alice().await;
    let this = sign_in(&app, PASSWORD).await;
    let (one, two) = tokio::join!(
        change(&app, &this, PASSWORD, "battery staple one"),
        change(&app, &this, PASSWORD, "battery staple two"),
    );
    let (chosen, rejected) = if one.is_ok() { ("battery staple one", two) } else { ("battery staple two", one) };
    assert!(matches!(rejected, Err(ChangePasswordError::Current(CurrentPasswordError::Wrong))), "{rejected:?}");
    assert!(app.log_in("alice", chosen).await.is_ok());
    assert_eq!(app.audit_trail().await.len(), 2);
}

#[tokio::test]
async fn failed_attempts_lock_the_acting_session_only() {
    let (app, _) = app_with_alice().await;
    let (stolen, own) = (sign_in(&app, PASSWORD).await, sign_in(&app, PASSWORD).await);
    for _ in 0..5 {
        let result = change(&app, &stolen, "wrong", NEW).await;
        assert!(matches!(result, Err(ChangePasswordError::Current(CurrentPasswordError::Wrong))), "{result:?}");
    }
    let hashes = app.hashes();
    let Err(ChangePasswordError::Current(CurrentPasswordError::Locked(wait))) =
        change(&app, &stolen, PASSWORD, NEW).await
    else {
        panic!("the sixth attempt must not be compared")
    };
    assert_eq!((wait.as_secs(), app.hashes()), (60, hashes + 1), "checked by the policy, not compared");
    assert!(matches!(change(&app, &stolen, PASSWORD, "password123").await, Err(ChangePasswordError::WeakPassword(_))));
    change(&app, &own, PASSWORD, NEW).await.unwrap();
    assert!(!is_active(&app, &stolen).await);
}

#[tokio::test]
async fn right_passwords_and_weak_new_ones_are_not_counted() {
    let (app, _) = app_with_alice().await;
    let this = sign_in(&app, PASSWORD).await;
    for _ in 0..10 {
        change(&app, &this, "wrong", "password123").await.unwrap_err();
    }
    for n in 0..4 {
        let (old, new) = if n % 2 == 0 { (PASSWORD, NEW) } else { (NEW, PASSWORD) };
        for _ in 0..4 {
            change(&app, &this, "wrong", new).await.unwrap_err();
        }
        change(&app, &this, old, new).await.unwrap();
    }
}
