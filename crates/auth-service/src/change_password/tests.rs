use steward_contracts::services::{Authenticator, Credentials};
use steward_domain::User;
use steward_testkit::{a_user, at, user_id};

use super::*;
use crate::login::LoginError;
use crate::testing::{PASSWORD, TestApp, attempt};

const NEW: &str = "battery staple";

async fn alice() -> (TestApp, User) {
    let app = TestApp::new().await;
    let alice = app.create(a_user("alice")).await;
    (app, alice)
}

/// Signs in, and returns the session.
async fn session(app: &TestApp, password: &str) -> AuthenticatedSession {
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

async fn is_good(app: &TestApp, session: &AuthenticatedSession) -> bool {
    app.ports.sessions.find_active(session.id, app.ports.clock.now()).await.unwrap().is_some()
}

#[tokio::test]
async fn the_new_password_replaces_the_old_one_and_the_other_sessions_end() {
    let (app, _) = alice().await;
    let (this, other) = (session(&app, PASSWORD).await, session(&app, PASSWORD).await);
    app.clock.set(at(9));
    let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
    let new = Password::parse(NEW).unwrap();
    app.service.change_password(&this, &attempt(PASSWORD), new, &origin).await.unwrap();
    assert!(is_good(&app, &this).await && !is_good(&app, &other).await);
    assert!(matches!(app.log_in("alice", PASSWORD).await, Err(LoginError::WrongCredentials)));
    assert!(app.log_in("alice", NEW).await.is_ok());

    let entry = &app.trail().await[0];
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("PASSWORD_CHANGED", "alice"));
    assert_eq!((entry.target.as_deref(), entry.timestamp, &entry.origin), (Some("alice"), at(9), &origin));
    assert!(!format!("{entry:?}").contains(NEW));
}

#[tokio::test]
async fn whoever_has_only_the_session_does_not_get_the_account() {
    let (app, _) = alice().await;
    let (this, other) = (session(&app, PASSWORD).await, session(&app, PASSWORD).await);
    let answer = change(&app, &this, "another guess", NEW).await;
    assert!(matches!(answer, Err(ChangePasswordError::WrongPassword)), "{answer:?}");
    assert!(app.log_in("alice", PASSWORD).await.is_ok());
    assert!(is_good(&app, &this).await && is_good(&app, &other).await);
    assert_eq!(app.trail().await.len(), 1);
}

#[tokio::test]
async fn what_is_no_good_password_costs_no_hash_and_tells_nothing_of_the_current_one() {
    let (app, _) = alice().await;
    let this = session(&app, PASSWORD).await;
    let hashes = app.hashes();
    for current in [PASSWORD, "another guess"] {
        for weak in ["password123", "alice in chains 7", "abcabcabc"] {
            let answer = change(&app, &this, current, weak).await;
            assert!(matches!(answer, Err(ChangePasswordError::WeakPassword(_))), "{weak}: {answer:?}");
        }
        let answer = change(&app, &this, current, current).await;
        assert!(matches!(answer, Err(ChangePasswordError::SamePassword)), "{answer:?}");
    }
    assert_eq!(app.hashes(), hashes + 6, "each was judged, and none was compared");
    assert!(app.log_in("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_temporary_password_opens_everything_once_it_is_replaced() {
    let (app, _) = alice().await;
    app.create(a_user("root").super_admin()).await;
    let root = app.log_in("root", PASSWORD).await.unwrap().token;
    let reset = app.service.reset_password(&root, &user_id("alice"), None, &Origin::default()).await;
    let temporary = reset.unwrap().temporary_password;
    let restricted = session(&app, temporary.expose()).await;
    assert!(restricted.user.must_change_password);
    change(&app, &restricted, temporary.expose(), NEW).await.unwrap();
    let session = app.ports.sessions.find_active(restricted.id, app.ports.clock.now()).await.unwrap().unwrap();
    assert!(!session.user.must_change_password);
    assert!(!app.log_in("alice", NEW).await.unwrap().user.must_change_password);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_changes_nothing() {
    let (app, alice) = alice().await;
    let this = session(&app, PASSWORD).await;
    app.service.logout(this.id).await.unwrap();
    assert!(matches!(change(&app, &this, PASSWORD, NEW).await, Err(ChangePasswordError::SignedOut)));
    app.clock.set(at(3600));
    let late = AuthenticatedSession { expires_at: at(3600), ..this };
    assert!(matches!(change(&app, &late, PASSWORD, NEW).await, Err(ChangePasswordError::SignedOut)));
    let hash = app.ports.accounts.credentials(&alice.user_id).await.unwrap().unwrap().password_hash;
    assert!(bcrypt::verify(PASSWORD, hash.expose()).unwrap());
}

/// Both showed that they know the password; only one of them still does when it comes to writing.
#[tokio::test]
async fn of_two_changes_from_one_session_the_second_has_to_know_the_new_password() {
    let (app, _) = alice().await;
    let this = session(&app, PASSWORD).await;
    let (one, two) = tokio::join!(
        change(&app, &this, PASSWORD, "battery staple one"),
        change(&app, &this, PASSWORD, "battery staple two"),
    );
    let (made, refused) = if one.is_ok() { ("battery staple one", two) } else { ("battery staple two", one) };
    assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)), "{refused:?}");
    assert!(app.log_in("alice", made).await.is_ok());
    assert_eq!(app.trail().await.len(), 2);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_stopped_for_that_session_alone() {
    let (app, _) = alice().await;
    let (stolen, own) = (session(&app, PASSWORD).await, session(&app, PASSWORD).await);
    for _ in 0..5 {
        let answer = change(&app, &stolen, "another guess", NEW).await;
        assert!(matches!(answer, Err(ChangePasswordError::WrongPassword)), "{answer:?}");
    }
    let hashes = app.hashes();
    let Err(ChangePasswordError::Locked(wait)) = change(&app, &stolen, PASSWORD, NEW).await else {
        panic!("the sixth is not compared, though it is right")
    };
    assert_eq!((wait.as_secs(), app.hashes()), (60, hashes + 1), "judged, not compared");
    assert!(matches!(change(&app, &stolen, PASSWORD, "password123").await, Err(ChangePasswordError::WeakPassword(_))));
    change(&app, &own, PASSWORD, NEW).await.unwrap();
    assert!(!is_good(&app, &stolen).await);
}

#[tokio::test]
async fn right_passwords_and_refused_new_ones_are_no_guesses() {
    let (app, _) = alice().await;
    let this = session(&app, PASSWORD).await;
    for _ in 0..10 {
        change(&app, &this, "another guess", "password123").await.unwrap_err();
    }
    for n in 0..4 {
        let (old, new) = if n % 2 == 0 { (PASSWORD, NEW) } else { (NEW, PASSWORD) };
        for _ in 0..4 {
            change(&app, &this, "another guess", new).await.unwrap_err();
        }
        change(&app, &this, old, new).await.unwrap();
    }
}
