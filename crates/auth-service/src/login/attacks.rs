//! Attacks on sign-in, each of which a naive version falls for.

use std::future::Future;
use std::net::Ipv4Addr;
use std::task::Poll;

use steward_domain::ports::Users;
use steward_domain::{LockState, Origin, PageSize, TimelineEvent, User};
use steward_testkit::{a_user, at, user_id};
use tokio::task::JoinSet;

use super::*;
use crate::testing::{PASSWORD, TestApp, service, service_hashing, sign_in_attempt};
use crate::{Cost, HashingSettings};

/// An attempt at alice's account from an address.
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
const FOE: u32 = 0xcb00_7100;

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app
}

async fn lock(app: &TestApp) -> LockState {
    let now = app.ports.clock.now();
    app.users.find(&user_id("alice"), now).await.unwrap().unwrap().lock
}

async fn is_wrong(app: &TestApp, attempt: SignInAttempt) -> bool {
    matches!(app.service.login(attempt).await, Err(LoginError::WrongCredentials))
}

async fn wait_of(app: &TestApp, attempt: SignInAttempt) -> u64 {
    match app.service.login(attempt).await {
        Err(LoginError::Locked(wait)) => wait.as_secs(),
        answer => panic!("not locked: {answer:?}"),
    }
}

/// Why attempts failed, oldest first; `in` for those that did not.
async fn told(app: &TestApp, user: &User) -> Vec<String> {
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
async fn of_two_hundred_wrong_guesses_at_once_five_are_compared() {
    let app = app().await;
    let mut guesses = JoinSet::new();
    for n in 0..200 {
        let service = std::sync::Arc::clone(&app.service);
        guesses.spawn(async move { service.login(from(FOE, &format!("guess {n}"))).await });
    }
    let answers = guesses.join_all().await;
    let locked = answers.iter().filter(|answer| matches!(answer, Err(LoginError::Locked(_)))).count();
    assert_eq!((locked, app.hashes()), (195, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_many_times_at_once_is_no_guesser() {
    let app = app().await;
    let mut attempts = JoinSet::new();
    for _ in 0..40 {
        let service = std::sync::Arc::clone(&app.service);
        attempts.spawn(async move { service.login(from(HOME, PASSWORD)).await });
    }
    for answer in attempts.join_all().await {
        assert!(answer.is_ok(), "{:?}", answer.err());
    }
    assert_eq!(lock(&app).await, LockState::default());
}

#[tokio::test]
async fn the_right_password_gets_nobody_past_a_lock() {
    let app = app().await;
    for _ in 0..5 {
        assert!(is_wrong(&app, from(FOE, "wrong")).await);
    }
    let hashes = app.hashes();
    assert_eq!(wait_of(&app, from(FOE, PASSWORD)).await, 60);
    assert_eq!(wait_of(&app, from(FOE, "wrong")).await, 60);
    assert_eq!(app.hashes(), hashes, "a refused attempt costs no hash");
    app.clock.set(at(59));
    assert_eq!(wait_of(&app, from(FOE, PASSWORD)).await, 1);
    app.clock.set(at(60));
    assert!(app.service.login(from(FOE, PASSWORD)).await.is_ok());
    assert_eq!(lock(&app).await, LockState::default());
}

#[tokio::test]
async fn a_stranger_locks_out_themself_and_not_the_owner() {
    let app = app().await;
    app.service.login(from(HOME, PASSWORD)).await.unwrap();
    let device = app.service.login(from(WORK, PASSWORD)).await.unwrap().device_token.unwrap();
    // The attacker has a thousand addresses, and the account is slowed down for all that are not known.
    for n in 0..20 {
        assert!(is_wrong(&app, from(FOE + n, "wrong")).await, "guess {n}");
    }
    wait_of(&app, from(FOE + 100, "wrong")).await;
    for attempt in [from(HOME, PASSWORD), from(WORK, PASSWORD), with_device(&device, from(0x0808_0808, PASSWORD))] {
        assert!(app.service.login(attempt).await.is_ok());
    }
    // Nor does somebody behind the same address: the device counts for itself.
    for _ in 0..5 {
        assert!(is_wrong(&app, from(HOME, "wrong")).await);
    }
    wait_of(&app, from(HOME, PASSWORD)).await;
    assert!(app.service.login(with_device(&device, from(HOME, PASSWORD))).await.is_ok());
}

#[tokio::test]
async fn many_addresses_are_slowed_down_as_one() {
    let app = app().await;
    for n in 0..20 {
        assert!(is_wrong(&app, from(FOE + n, "wrong")).await);
    }
    let (mut compared, mut next) = (0, FOE + 20);
    for second in 1..=600 {
        app.clock.set(at(second));
        for _ in 0..5 {
            next += 1;
            compared += u32::from(is_wrong(&app, from(next, "wrong")).await);
        }
    }
    // After 1, 2, 4, 8 and 16 seconds, and then every 30.
    assert_eq!(compared, 23);
}

#[tokio::test]
async fn a_device_that_guesses_is_locked_out_like_everyone() {
    let app = app().await;
    let device = app.service.login(from(HOME, PASSWORD)).await.unwrap().device_token.unwrap();
    for n in 0..5 {
        assert!(is_wrong(&app, with_device(&device, from(FOE + n, "wrong"))).await);
    }
    wait_of(&app, with_device(&device, from(FOE + 9, PASSWORD))).await;
    assert!(app.service.login(from(HOME, PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn a_device_token_of_somebody_else_or_of_nobody_is_none() {
    let app = app().await;
    app.create(a_user("mallory")).await;
    let theirs = app.log_in("mallory", PASSWORD).await.unwrap().device_token.unwrap();
    for token in [&theirs, "", "garbage", &"A".repeat(64)] {
        let address = FOE + u32::try_from(token.len()).unwrap();
        for _ in 0..5 {
            assert!(is_wrong(&app, with_device(token, from(address, "wrong"))).await);
        }
        wait_of(&app, from(address, PASSWORD)).await;
        app.clock.advance(TimeDelta::hours(2));
    }
}

#[tokio::test]
async fn a_device_keeps_its_name_and_every_sign_in_gives_a_token() {
    let app = app().await;
    let first = app.service.login(from(HOME, PASSWORD)).await.unwrap().device_token.unwrap();
    let again = app.service.login(with_device(&first, from(WORK, PASSWORD))).await.unwrap().device_token.unwrap();
    let another = app.service.login(from(HOME, PASSWORD)).await.unwrap().device_token.unwrap();
    assert_eq!(again, first);
    assert_ne!(another, first);
}

#[tokio::test]
async fn hanging_up_makes_no_guess_free() {
    let app = app().await;
    // Nobody ever takes these jobs on, as if there were a long queue.
    let stuck = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 0, queue: 100 };
    let service = service_hashing(app.ports.clone(), stuck);
    for nth in 1..=5 {
        let mut login = Box::pin(service.login(from(FOE, "wrong")));
        while service.hashing_stats().waiting < nth {
            std::future::poll_fn(|context| {
                assert!(login.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
        }
    }
    wait_of(&app, from(FOE, PASSWORD)).await;
    assert_eq!(lock(&app).await.failures, 5);
}

#[tokio::test]
async fn what_was_never_compared_is_not_counted() {
    let app = app().await;
    let no_room = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 1, queue: 0 };
    let overloaded = service_hashing(app.ports.clone(), no_room);
    for _ in 0..30 {
        let answer = overloaded.login(from(FOE, "wrong")).await;
        assert!(matches!(answer, Err(LoginError::Hashing(HashingError::Overloaded(_)))), "{answer:?}");
    }
    assert_eq!(lock(&app).await, LockState::default());
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let app = app().await;
    for _ in 0..5 {
        assert!(is_wrong(&app, from(FOE, "wrong")).await);
    }
    let restarted = service(app.ports.clone(), 4);
    assert!(matches!(restarted.login(from(FOE, PASSWORD)).await, Err(LoginError::Locked(_))));
    assert_eq!(restarted.hashing_stats().done, 0);
}

#[tokio::test]
async fn the_right_password_of_a_deactivated_account_is_no_guess_and_a_wrong_one_is() {
    let app = TestApp::new().await;
    app.create(a_user("alice").inactive()).await;
    for _ in 0..30 {
        let answer = app.service.login(from(HOME, PASSWORD)).await;
        assert!(matches!(answer, Err(LoginError::Deactivated)), "{answer:?}");
    }
    for _ in 0..4 {
        assert!(is_wrong(&app, from(HOME, "wrong")).await);
    }
    // It takes back no more than itself.
    assert!(matches!(app.service.login(from(HOME, PASSWORD)).await, Err(LoginError::Deactivated)));
    assert!(is_wrong(&app, from(HOME, "wrong")).await);
    wait_of(&app, from(HOME, PASSWORD)).await;
}

#[tokio::test]
async fn every_attempt_is_kept_and_a_flood_of_refused_ones_once() {
    let app = app().await;
    let alice = app.user("alice").await;
    for _ in 0..5 {
        assert!(is_wrong(&app, from(FOE, "wrong")).await);
    }
    for _ in 0..50 {
        wait_of(&app, from(FOE, "wrong")).await;
    }
    app.service.login(from(HOME, PASSWORD)).await.unwrap();
    app.clock.set(at(60));
    assert!(is_wrong(&app, from(FOE, "wrong")).await);
    for _ in 0..50 {
        wait_of(&app, from(FOE, "wrong")).await;
    }
    let wrong = "wrong_password";
    assert_eq!(told(&app, &alice).await, [wrong, wrong, wrong, wrong, wrong, "locked", "in", wrong, "locked"]);
}

#[tokio::test]
async fn what_was_typed_for_an_id_is_kept_nowhere_unless_it_is_one() {
    let app = app().await;
    for typed in ["Tr0ub4dor&3", "correct-horse-battery"] {
        let account = app.service.unknown_account_key(typed);
        assert!(UserId::parse(&account).is_err() && account.len() <= steward_domain::ports::Attempt::ACCOUNT_MAX);
        assert!(!account.contains(typed));
        assert_eq!(account, app.service.unknown_account_key(&typed.to_uppercase()), "one id in any case");
        let mut attempt = from(FOE, "wrong");
        attempt.claimed = LoginIdentifier::parse(typed).unwrap();
        assert!(!format!("{:?}", LoginIdentifier::parse("Tr0ub4dor&3").unwrap()).contains("Tr0ub4dor"));
        for _ in 0..5 {
            assert!(is_wrong(&app, attempt.clone()).await);
        }
        wait_of(&app, attempt).await;
    }
}

#[tokio::test]
async fn whoever_stole_a_session_guesses_no_more_than_others_and_locks_nobody_out() {
    let app = app().await;
    let signed_in = app.service.login(from(HOME, PASSWORD)).await.unwrap();
    let session =
        steward_contracts::services::Authenticator::authenticate(&*app.service, &signed_in.token).await.unwrap();
    for _ in 0..5 {
        drop(app.service.begin_attempt_in_session(&session).await.unwrap());
    }
    assert!(matches!(app.service.begin_attempt_in_session(&session).await, Err(AttemptError::Locked { .. })));
    assert!(app.service.login(from(HOME, PASSWORD)).await.is_ok());
    app.clock.set(at(60));
    let guess = app.service.begin_attempt_in_session(&session).await.unwrap();
    app.service.confirm_attempt(guess).await.unwrap();
    assert_eq!(lock(&app).await.failures, 0);
}
