use steward_contracts::{Authenticator, Credentials};
use steward_domain::User;
use steward_testkit::{a_user, at, user_id};

use super::*;
use crate::login::LoginError;
use crate::testing::{PASSWORD, Stage, attempt};

const NEW: &str = "battery staple";

async fn alice() -> (Stage, User) {
    let stage = Stage::new().await;
    let alice = stage.create(a_user("alice")).await;
    (stage, alice)
}

/// Signs in, and returns the session.
async fn session(stage: &Stage, password: &str) -> AuthenticatedSession {
    let token = stage.log_in("alice", password).await.unwrap().token;
    stage.service.authenticate(&token).await.unwrap()
}

async fn change(
    stage: &Stage,
    session: &AuthenticatedSession,
    current: &str,
    new: &str,
) -> Result<(), ChangePasswordError> {
    let new = Password::parse(new).unwrap();
    stage.service.change_password(session, &attempt(current), new, &Origin::default()).await
}

async fn is_good(stage: &Stage, session: &AuthenticatedSession) -> bool {
    stage.ports.sessions.find_active(session.id, stage.ports.clock.now()).await.unwrap().is_some()
}

#[tokio::test]
async fn the_new_password_replaces_the_old_one_and_the_other_sessions_end() {
    let (stage, _) = alice().await;
    let (this, other) = (session(&stage, PASSWORD).await, session(&stage, PASSWORD).await);
    stage.clock.set(at(9));
    let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
    let new = Password::parse(NEW).unwrap();
    stage.service.change_password(&this, &attempt(PASSWORD), new, &origin).await.unwrap();
    assert!(is_good(&stage, &this).await && !is_good(&stage, &other).await);
    assert!(matches!(stage.log_in("alice", PASSWORD).await, Err(LoginError::WrongCredentials)));
    assert!(stage.log_in("alice", NEW).await.is_ok());

    let entry = &stage.trail().await[0];
    assert_eq!((entry.action.as_str(), entry.admin_id.as_str()), ("PASSWORD_CHANGED", "alice"));
    assert_eq!((entry.target.as_deref(), entry.timestamp, &entry.origin), (Some("alice"), at(9), &origin));
    assert!(!format!("{entry:?}").contains(NEW));
}

#[tokio::test]
async fn whoever_has_only_the_session_does_not_get_the_account() {
    let (stage, _) = alice().await;
    let (this, other) = (session(&stage, PASSWORD).await, session(&stage, PASSWORD).await);
    let answer = change(&stage, &this, "another guess", NEW).await;
    assert!(matches!(answer, Err(ChangePasswordError::WrongPassword)), "{answer:?}");
    assert!(stage.log_in("alice", PASSWORD).await.is_ok());
    assert!(is_good(&stage, &this).await && is_good(&stage, &other).await);
    assert_eq!(stage.trail().await.len(), 1);
}

#[tokio::test]
async fn what_is_no_good_password_costs_no_hash_and_tells_nothing_of_the_current_one() {
    let (stage, _) = alice().await;
    let this = session(&stage, PASSWORD).await;
    let hashes = stage.hashes();
    for current in [PASSWORD, "another guess"] {
        for weak in ["password123", "alice in chains 7", "abcabcabc"] {
            let answer = change(&stage, &this, current, weak).await;
            assert!(matches!(answer, Err(ChangePasswordError::WeakPassword(_))), "{weak}: {answer:?}");
        }
        let answer = change(&stage, &this, current, current).await;
        assert!(matches!(answer, Err(ChangePasswordError::SamePassword)), "{answer:?}");
    }
    assert_eq!(stage.hashes(), hashes + 6, "each was judged, and none was compared");
    assert!(stage.log_in("alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_temporary_password_opens_everything_once_it_is_replaced() {
    let (stage, _) = alice().await;
    stage.create(a_user("root").super_admin()).await;
    let root = stage.log_in("root", PASSWORD).await.unwrap().token;
    let reset = stage.service.reset_password(&root, &user_id("alice"), None, &Origin::default()).await;
    let temporary = reset.unwrap().temporary_password;
    let restricted = session(&stage, temporary.expose()).await;
    assert!(restricted.user.must_change_password);
    change(&stage, &restricted, temporary.expose(), NEW).await.unwrap();
    let session = stage.ports.sessions.find_active(restricted.id, stage.ports.clock.now()).await.unwrap().unwrap();
    assert!(!session.user.must_change_password);
    assert!(!stage.log_in("alice", NEW).await.unwrap().user.must_change_password);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_changes_nothing() {
    let (stage, alice) = alice().await;
    let this = session(&stage, PASSWORD).await;
    stage.service.logout(this.id).await.unwrap();
    assert!(matches!(change(&stage, &this, PASSWORD, NEW).await, Err(ChangePasswordError::SignedOut)));
    stage.clock.set(at(3600));
    let late = AuthenticatedSession { expires_at: at(3600), ..this };
    assert!(matches!(change(&stage, &late, PASSWORD, NEW).await, Err(ChangePasswordError::SignedOut)));
    let hash = stage.ports.accounts.credentials(&alice.user_id).await.unwrap().unwrap().password_hash;
    assert!(bcrypt::verify(PASSWORD, hash.expose()).unwrap());
}

/// Both showed that they know the password; only one of them still does when it comes to writing.
#[tokio::test]
async fn of_two_changes_from_one_session_the_second_has_to_know_the_new_password() {
    let (stage, _) = alice().await;
    let this = session(&stage, PASSWORD).await;
    let (one, two) = tokio::join!(
        change(&stage, &this, PASSWORD, "battery staple one"),
        change(&stage, &this, PASSWORD, "battery staple two"),
    );
    let (made, refused) = if one.is_ok() { ("battery staple one", two) } else { ("battery staple two", one) };
    assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)), "{refused:?}");
    assert!(stage.log_in("alice", made).await.is_ok());
    assert_eq!(stage.trail().await.len(), 2);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_stopped_for_that_session_alone() {
    let (stage, _) = alice().await;
    let (stolen, own) = (session(&stage, PASSWORD).await, session(&stage, PASSWORD).await);
    for _ in 0..5 {
        let answer = change(&stage, &stolen, "another guess", NEW).await;
        assert!(matches!(answer, Err(ChangePasswordError::WrongPassword)), "{answer:?}");
    }
    let hashes = stage.hashes();
    let Err(ChangePasswordError::Locked(wait)) = change(&stage, &stolen, PASSWORD, NEW).await else {
        panic!("the sixth is not compared, though it is right")
    };
    assert_eq!((wait.as_secs(), stage.hashes()), (60, hashes + 1), "judged, not compared");
    assert!(matches!(
        change(&stage, &stolen, PASSWORD, "password123").await,
        Err(ChangePasswordError::WeakPassword(_))
    ));
    change(&stage, &own, PASSWORD, NEW).await.unwrap();
    assert!(!is_good(&stage, &stolen).await);
}

#[tokio::test]
async fn right_passwords_and_refused_new_ones_are_no_guesses() {
    let (stage, _) = alice().await;
    let this = session(&stage, PASSWORD).await;
    for _ in 0..10 {
        change(&stage, &this, "another guess", "password123").await.unwrap_err();
    }
    for n in 0..4 {
        let (old, new) = if n % 2 == 0 { (PASSWORD, NEW) } else { (NEW, PASSWORD) };
        for _ in 0..4 {
            change(&stage, &this, "another guess", new).await.unwrap_err();
        }
        change(&stage, &this, old, new).await.unwrap();
    }
}
