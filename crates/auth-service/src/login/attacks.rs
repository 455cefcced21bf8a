//! Attacks on sign-in that succeed against a naive implementation.

use std::future::Future;
use std::net::Ipv4Addr;
use std::task::Poll;

use steward_domain::ports::Users;
use steward_domain::{LockState, PageSize, TimelineEvent, UserId};
use steward_testkit::{a_user, at, user_id};
use tokio::task::JoinSet;

use super::*;
use crate::testing::{PASSWORD, TestApp, log_in, service, service_hashing, sign_in_attempt};
use crate::{Cost, HashingSettings};

/// Returns an attempt at alice's account from an address.
fn from(address: u32, password: &str) -> SignInAttempt {
    let origin = Origin::new(Some(Ipv4Addr::from_bits(address).into()), Some("curl/8"));
    SignInAttempt { origin, ..sign_in_attempt("alice", password) }
}

fn with_device(token: &str, attempt: SignInAttempt) -> SignInAttempt {
    SignInAttempt { device_token: Some(token.to_owned()), ..attempt }
}

const HOME: u32 = 0xc000_0201;
const WORK: u32 = 0xc633_6401;
/// The first of the attacker's addresses.
const ATTACKER: u32 = 0xcb00_7100;

async fn set_up() -> TestApp {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app
}

async fn lock_state(app: &TestApp) -> LockState {
    let now = app.ports.clock.now();
    app.users.find(&user_id("alice"), now).await.unwrap().unwrap().lock
}

async fn is_rejected(app: &TestApp, attempt: SignInAttempt) -> bool {
    matches!(log_in(&app.service, attempt).await, Err(SignInOutcome::WrongCredentials))
}

async fn lock_wait(app: &TestApp, attempt: SignInAttempt) -> u64 {
    match log_in(&app.service, attempt).await {
        Err(SignInOutcome::Locked(wait)) => wait.as_secs(),
        result => panic!("not locked: {result:?}"),
    }
}

/// Returns the reasons of failed attempts, oldest first, and `in` for successful sign-ins.
async fn recorded_outcomes(app: &TestApp, user: &User) -> Vec<String> {
    let size = PageSize::parse("100").unwrap();
    let page = app.service.own_activity(user, size, None).await.unwrap();
    let attempt = |item: steward_domain::TimelineItem| match item.event {
        TimelineEvent::SignIn { .. } => Some("in".to_owned()),
        TimelineEvent::FailedSignIn { reason } => Some(reason),
        _ => None,
    };
    page.items.into_iter().rev().filter_map(attempt).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_of_two_hundred_concurrent_wrong_passwords_are_compared() {
    let app = set_up().await;
    let mut attempts = JoinSet::new();
    for n in 0..200 {
        let service = std::sync::Arc::clone(&app.service);
        attempts.spawn(async move { log_in(&service, from(ATTACKER, &format!("wrong {n}"))).await });
    }
    let results = attempts.join_all().await;
    let locked = results.iter().filter(|result| matches!(result, Err(SignInOutcome::Locked(_)))).count();
    assert_eq!((locked, app.hashes()), (195, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_sign_ins_with_the_right_password_all_succeed() {
    let app = set_up().await;
    let mut attempts = JoinSet::new();
    for _ in 0..40 {
        let service = std::sync::Arc::clone(&app.service);
        attempts.spawn(async move { log_in(&service, from(HOME, PASSWORD)).await });
    }
    for result in attempts.join_all().await {
        assert!(result.is_ok(), "{:?}", result.err());
    }
    assert_eq!(lock_state(&app).await, LockState::default());
}

/// They leave room for one undecided attempt.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_sign_ins_with_the_right_password_all_succeed_after_failures() {
    let app = set_up().await;
    for _ in 0..4 {
        assert!(is_rejected(&app, from(HOME, "wrong")).await);
    }
    let mut attempts = JoinSet::new();
    for _ in 0..40 {
        let service = std::sync::Arc::clone(&app.service);
        attempts.spawn(async move { log_in(&service, from(HOME, PASSWORD)).await });
    }
    for result in attempts.join_all().await {
        assert!(result.is_ok(), "{:?}", result.err());
    }
    assert_eq!(lock_state(&app).await, LockState::default());
}

#[tokio::test]
async fn the_right_password_does_not_bypass_a_lock() {
    let app = set_up().await;
    for _ in 0..5 {
        assert!(is_rejected(&app, from(ATTACKER, "wrong")).await);
    }
    let hashes = app.hashes();
    assert_eq!(lock_wait(&app, from(ATTACKER, PASSWORD)).await, 60);
    assert_eq!(lock_wait(&app, from(ATTACKER, "wrong")).await, 60);
    assert_eq!(app.hashes(), hashes, "a rejected attempt costs no hash");
    app.clock.set(at(59));
    assert_eq!(lock_wait(&app, from(ATTACKER, PASSWORD)).await, 1);
    app.clock.set(at(60));
    assert!(log_in(&app.service, from(ATTACKER, PASSWORD)).await.is_ok());
    assert_eq!(lock_state(&app).await, LockState::default());
}

#[tokio::test]
async fn an_attacker_does_not_lock_out_the_owner() {
    let app = set_up().await;
    log_in(&app.service, from(HOME, PASSWORD)).await.unwrap();
    let device = log_in(&app.service, from(WORK, PASSWORD)).await.unwrap().device_token.unwrap();
    // The attacker uses many addresses, which slows the account down for every unknown source.
    for n in 0..20 {
        assert!(is_rejected(&app, from(ATTACKER + n, "wrong")).await, "attempt {n}");
    }
    lock_wait(&app, from(ATTACKER + 100, "wrong")).await;
    for attempt in [from(HOME, PASSWORD), from(WORK, PASSWORD), with_device(&device, from(0x0808_0808, PASSWORD))] {
        assert!(log_in(&app.service, attempt).await.is_ok());
    }
    // Attempts from the owner's address do not lock the owner's device, which is a source of its own.
    for _ in 0..5 {
        assert!(is_rejected(&app, from(HOME, "wrong")).await);
    }
    lock_wait(&app, from(HOME, PASSWORD)).await;
    assert!(log_in(&app.service, with_device(&device, from(HOME, PASSWORD))).await.is_ok());
}

#[tokio::test]
async fn many_addresses_share_the_limit_of_the_account() {
    let app = set_up().await;
    for n in 0..20 {
        assert!(is_rejected(&app, from(ATTACKER + n, "wrong")).await);
    }
    let (mut compared, mut next) = (0, ATTACKER + 20);
    for second in 1..=600 {
        app.clock.set(at(second));
        for _ in 0..5 {
            next += 1;
            compared += u32::from(is_rejected(&app, from(next, "wrong")).await);
        }
    }
    // The lock takes 1, 2, 4, 8 and 16 seconds, and then 30 seconds each time.
    assert_eq!(compared, 23);
}

#[tokio::test]
async fn a_device_with_failed_attempts_is_locked_out() {
    let app = set_up().await;
    let device = log_in(&app.service, from(HOME, PASSWORD)).await.unwrap().device_token.unwrap();
    for n in 0..5 {
        assert!(is_rejected(&app, with_device(&device, from(ATTACKER + n, "wrong"))).await);
    }
    lock_wait(&app, with_device(&device, from(ATTACKER + 9, PASSWORD))).await;
    assert!(log_in(&app.service, from(HOME, PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn foreign_and_forged_device_tokens_are_ignored() {
    let app = set_up().await;
    app.create(a_user("mallory")).await;
    let theirs = app.log_in("mallory", PASSWORD).await.unwrap().device_token.unwrap();
    for token in [&theirs, "", "garbage", &"A".repeat(64)] {
        let address = ATTACKER + u32::try_from(token.len()).unwrap();
        for _ in 0..5 {
            assert!(is_rejected(&app, with_device(token, from(address, "wrong"))).await);
        }
        lock_wait(&app, from(address, PASSWORD)).await;
        app.clock.advance(TimeDelta::hours(2));
    }
}

#[tokio::test]
async fn a_device_keeps_its_token_and_every_sign_in_returns_one() {
    let app = set_up().await;
    let first = log_in(&app.service, from(HOME, PASSWORD)).await.unwrap().device_token.unwrap();
    let again = log_in(&app.service, with_device(&first, from(WORK, PASSWORD))).await.unwrap().device_token.unwrap();
    let another = log_in(&app.service, from(HOME, PASSWORD)).await.unwrap().device_token.unwrap();
    assert_eq!(again, first);
    assert_ne!(another, first);
}

#[tokio::test]
async fn disconnecting_does_not_avoid_the_count() {
    let app = set_up().await;
    // No thread runs these jobs, like in a long queue.
    let stuck = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 0, queue: 100 };
    let service = service_hashing(app.ports.clone(), stuck);
    for nth in 1..=5 {
        let mut login = Box::pin(service.login(from(ATTACKER, "wrong")));
        while service.hashing_stats().waiting < nth {
            std::future::poll_fn(|context| {
                assert!(login.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
        }
    }
    lock_wait(&app, from(ATTACKER, PASSWORD)).await;
    assert_eq!(lock_state(&app).await.failures, 5);
}

#[tokio::test]
async fn an_attempt_without_comparison_is_not_counted() {
    let app = set_up().await;
    let no_room = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 1, queue: 0 };
    let overloaded = service_hashing(app.ports.clone(), no_room);
    for _ in 0..30 {
        let result = overloaded.login(from(ATTACKER, "wrong")).await;
        assert!(matches!(result, Err(LoginError::Hashing(HashingError::Overloaded(_)))), "{result:?}");
    }
    assert_eq!(lock_state(&app).await, LockState::default());
}

#[tokio::test]
async fn failures_survive_a_restart() {
    let app = set_up().await;
    for _ in 0..5 {
        assert!(is_rejected(&app, from(ATTACKER, "wrong")).await);
    }
    let restarted = service(app.ports.clone(), 4);
    assert!(matches!(log_in(&restarted, from(ATTACKER, PASSWORD)).await, Err(SignInOutcome::Locked(_))));
    assert_eq!(restarted.hashing_stats().done, 0);
}

#[tokio::test]
async fn a_deactivated_account_counts_wrong_passwords_only() {
    let app = TestApp::new().await;
    app.create(a_user("alice").inactive()).await;
    for _ in 0..30 {
        let result = log_in(&app.service, from(HOME, PASSWORD)).await;
        assert!(matches!(result, Err(SignInOutcome::Deactivated)), "{result:?}");
    }
    for _ in 0..4 {
        assert!(is_rejected(&app, from(HOME, "wrong")).await);
    }
    // The rollback removes this attempt only.
    assert!(matches!(log_in(&app.service, from(HOME, PASSWORD)).await, Err(SignInOutcome::Deactivated)));
    assert!(is_rejected(&app, from(HOME, "wrong")).await);
    lock_wait(&app, from(HOME, PASSWORD)).await;
}

#[tokio::test]
async fn every_compared_attempt_is_recorded_and_rejected_ones_once_per_lock() {
    let app = set_up().await;
    let alice = app.user("alice").await;
    for _ in 0..5 {
        assert!(is_rejected(&app, from(ATTACKER, "wrong")).await);
    }
    for _ in 0..50 {
        lock_wait(&app, from(ATTACKER, "wrong")).await;
    }
    log_in(&app.service, from(HOME, PASSWORD)).await.unwrap();
    app.clock.set(at(60));
    assert!(is_rejected(&app, from(ATTACKER, "wrong")).await);
    for _ in 0..50 {
        lock_wait(&app, from(ATTACKER, "wrong")).await;
    }
    let wrong = "wrong_password";
    assert_eq!(
        recorded_outcomes(&app, &alice).await,
        [wrong, wrong, wrong, wrong, wrong, "locked", "in", wrong, "locked"]
    );
}

#[tokio::test]
async fn the_text_of_an_unknown_id_is_never_stored() {
    let app = set_up().await;
    for typed in ["Tr0ub4dor&3", "correct-horse-battery"] {
        let account = app.service.unknown_account_key(typed);
        assert!(UserId::parse(&account).is_err() && account.len() <= steward_domain::ports::Attempt::ACCOUNT_MAX);
        assert!(!account.contains(typed));
        assert_eq!(account, app.service.unknown_account_key(&typed.to_uppercase()), "one id in any case");
        let mut attempt = from(ATTACKER, "wrong");
        attempt.claimed = LoginIdentifier::parse(typed).unwrap();
        assert!(!format!("{:?}", LoginIdentifier::parse("Tr0ub4dor&3").unwrap()).contains("Tr0ub4dor"));
        for _ in 0..5 {
            assert!(is_rejected(&app, attempt.clone()).await);
        }
        lock_wait(&app, attempt).await;
    }
}

#[tokio::test]
async fn attempts_with_a_stolen_session_are_limited_and_lock_only_that_session() {
    let app = set_up().await;
    let signed_in = log_in(&app.service, from(HOME, PASSWORD)).await.unwrap();
    let session =
        steward_contracts::services::Authenticator::authenticate(&*app.service, &signed_in.token).await.unwrap();
    for _ in 0..5 {
        drop(app.service.begin_attempt_in_session(&session).await.unwrap());
    }
    assert!(matches!(app.service.begin_attempt_in_session(&session).await, Err(AttemptError::Locked { .. })));
    assert!(log_in(&app.service, from(HOME, PASSWORD)).await.is_ok());
    app.clock.set(at(60));
    let counted = app.service.begin_attempt_in_session(&session).await.unwrap();
    app.service.confirm_attempt(counted).await.unwrap();
    assert_eq!(lock_state(&app).await.failures, 0);
}
