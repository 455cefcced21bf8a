//! Sign-ins that stay undecided, because of an internal error or a disconnecting client.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::Poll;

use async_trait::async_trait;
use steward_domain::lockout::LockoutRules;
use steward_domain::ports::{Admission, Attempt, ChangeError, Decision, LoginAttempts, Users};
use steward_domain::{LockState, PageSize, Record, UserId};
use steward_testkit::{a_user, at, user_id};

use super::tests::{Event, SessionsWithEvent};
use super::*;
use crate::testing::{PASSWORD, TestApp, log_in, service, service_hashing, sign_in_attempt};
use crate::{AuthPorts, Cost, HashingSettings};

async fn set_up() -> TestApp {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app
}

async fn failures(app: &TestApp) -> u64 {
    let now = app.ports.clock.now();
    app.users.find(&user_id("alice"), now).await.unwrap().unwrap().lock.failures
}

/// Returns the number of events of alice's account, without its creation.
async fn history(app: &TestApp) -> usize {
    let alice = app.user("alice").await;
    let page = app.service.own_activity(&alice, PageSize::parse("100").unwrap(), None).await.unwrap();
    page.items.len() - 1
}

/// Waits until `is_reached` returns true. Panics after a minute, with `awaited` in the message.
async fn until(awaited: &str, mut is_reached: impl AsyncFnMut() -> bool) {
    let reached = async {
        while !is_reached().await {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_mins(1), reached).await;
    assert!(in_time.is_ok(), "not within a minute: {awaited}");
}

/// Polls a sign-in until `is_far_enough` returns true, then drops it.
async fn disconnect(service: &Arc<AuthService>, password: &str, is_far_enough: impl Fn() -> bool) {
    let mut login = Box::pin(service.login(sign_in_attempt("alice", password)));
    let advanced = async || {
        if is_far_enough() {
            return true;
        }
        std::future::poll_fn(|context| {
            assert!(login.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        false
    };
    until("the sign-in is far enough to disconnect", advanced).await;
}

/// Starts a service with one hashing thread, which is busy until the sender is dropped or used.
async fn busy_service(app: &TestApp) -> (Arc<AuthService>, mpsc::Sender<()>) {
    let one = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 1, queue: 10 };
    let service = service_hashing(app.ports.clone(), one);
    let (open, gate) = mpsc::channel::<()>();
    let hasher = Arc::clone(&service.hasher);
    tokio::spawn(async move { hasher.run(move || gate.recv().is_ok()).await });
    until("the hashing thread is busy", async || service.hashing_stats().running > 0).await;
    (service, open)
}

#[tokio::test]
async fn right_passwords_during_an_outage_are_not_counted() {
    let app = set_up().await;
    let outage = SessionsWithEvent::new(&app, Event::Outage);
    let service = service(AuthPorts { sessions: outage.clone(), ..app.ports.clone() }, 4);
    for _ in 0..20 {
        let result = service.login(sign_in_attempt("alice", PASSWORD)).await;
        assert!(matches!(result, Err(LoginError::Store(_))), "{result:?}");
    }
    assert_eq!((failures(&app).await, history(&app).await), (0, 0));
    // A wrong password is settled despite the outage.
    for nth in 1..=5 {
        let result = log_in(&service, sign_in_attempt("alice", "wrong")).await;
        assert!(matches!(result, Err(SignInOutcome::WrongCredentials)), "{result:?}");
        assert_eq!(failures(&app).await, nth);
    }
    outage.set(None);
    assert!(matches!(log_in(&service, sign_in_attempt("alice", PASSWORD)).await, Err(SignInOutcome::Locked(_))));
    app.clock.set(at(60));
    assert!(log_in(&service, sign_in_attempt("alice", PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn an_attempt_lapses_a_minute_after_a_panic() {
    let app = set_up().await;
    let defect = SessionsWithEvent::new(&app, Event::Panic);
    let service = service(AuthPorts { sessions: defect.clone(), ..app.ports.clone() }, 4);
    for _ in 0..3 {
        let result = service.login(sign_in_attempt("alice", PASSWORD)).await;
        assert!(matches!(result, Err(LoginError::Hashing(HashingError::Failed(_)))), "{result:?}");
    }
    app.clock.set(at(60));
    assert_eq!(failures(&app).await, 0);
    defect.set(None);
    assert!(log_in(&service, sign_in_attempt("alice", PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn attempts_that_cannot_be_settled_lapse_without_a_result() {
    let app = set_up().await;
    let outage = SessionsWithEvent::new(&app, Event::Outage);
    let stuck = Arc::new(Stuck { inner: Arc::clone(&app.ports.login_attempts), is_stuck: AtomicBool::new(true) });
    let ports = AuthPorts { sessions: outage.clone(), login_attempts: stuck.clone(), ..app.ports.clone() };
    let service = service(ports, 4);
    for password in [PASSWORD, PASSWORD, PASSWORD, "wrong", "wrong"] {
        let result = service.login(sign_in_attempt("alice", password)).await;
        assert!(matches!(result, Err(LoginError::Store(_))), "the result must not depend on the password: {result:?}");
    }
    let result = log_in(&service, sign_in_attempt("alice", PASSWORD)).await;
    assert!(matches!(result, Err(SignInOutcome::Locked(wait)) if wait.as_secs() == 60), "{result:?}");
    stuck.is_stuck.store(false, Ordering::SeqCst);
    outage.set(None);
    app.clock.set(at(60));
    assert!(log_in(&service, sign_in_attempt("alice", PASSWORD)).await.is_ok());
    assert_eq!(failures(&app).await, 0);
}

#[tokio::test]
async fn a_wrong_password_counts_although_the_client_disconnects() {
    let app = set_up().await;
    for nth in 1..=5 {
        let before = app.hashes();
        disconnect(&app.service, "wrong", || app.hashes() > before).await;
        // A settled failure still counts after undecided attempts have lapsed.
        let is_settled = async || {
            app.clock.step(TimeDelta::minutes(1));
            let settled = failures(&app).await;
            app.clock.step(-TimeDelta::minutes(1));
            settled == nth
        };
        until("the wrong password is settled", is_settled).await;
    }
    assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::Locked(_))));
}

#[tokio::test]
async fn a_right_password_is_settled_although_the_client_disconnects() {
    let app = set_up().await;
    for nth in 1..=10 {
        let before = app.hashes();
        disconnect(&app.service, PASSWORD, || app.hashes() > before).await;
        let is_settled = async || (failures(&app).await, history(&app).await) == (0, nth);
        until("the right password is settled", is_settled).await;
    }
}

#[tokio::test]
async fn an_attempt_abandoned_before_its_comparison_is_rolled_back() {
    let app = set_up().await;
    let (service, open) = busy_service(&app).await;
    for nth in 1..=5 {
        disconnect(&service, "wrong", || service.hashing_stats().waiting == nth).await;
    }
    assert_eq!(failures(&app).await, 5, "undecided attempts count");
    drop(open);
    until("the attempts are rolled back", async || failures(&app).await == 0).await;
    let stats = service.hashing_stats();
    assert_eq!((stats.abandoned, service.hasher.rounds()), (5, 0));
    assert!(log_in(&service, sign_in_attempt("alice", PASSWORD)).await.is_ok());
    assert_eq!(app.users.find(&user_id("alice"), at(0)).await.unwrap().unwrap().lock, LockState::default());
}

#[tokio::test]
async fn an_attempt_abandoned_while_it_is_counted_is_rolled_back() {
    let app = set_up().await;
    let slow = Arc::new(Slow { inner: Arc::clone(&app.ports.login_attempts), counted: AtomicUsize::new(0) });
    let service = service(AuthPorts { login_attempts: slow.clone(), ..app.ports.clone() }, 4);
    for nth in 1..=20 {
        disconnect(&service, "wrong", || slow.counted.load(Ordering::SeqCst) == nth).await;
        // The clock does not move, so the attempt cannot lapse.
        for _ in 0..10_000 {
            if failures(&app).await == 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(failures(&app).await, 0);
    }
    assert_eq!(service.hasher.rounds(), 0, "no comparison begins");
}

/// Storage that counts an attempt some time before it returns.
struct Slow {
    inner: Arc<dyn LoginAttempts>,
    counted: AtomicUsize,
}

#[async_trait]
impl LoginAttempts for Slow {
    async fn begin(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<Admission, StoreError> {
        let admission = self.inner.begin(attempt, rules).await;
        self.counted.fetch_add(1, Ordering::SeqCst);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        admission
    }

    async fn fail(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        self.inner.fail(attempt, rules).await
    }

    async fn roll_back(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        self.inner.roll_back(attempt, rules).await
    }

    async fn succeed(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        self.inner.succeed(attempt, rules).await
    }

    async fn unlock(&self, target: &UserId, decide: Decision<Record>) -> Result<User, ChangeError> {
        self.inner.unlock(target, decide).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.purge(before, limit).await
    }
}

/// Storage that begins attempts, but does not settle them while `is_stuck`.
struct Stuck {
    inner: Arc<dyn LoginAttempts>,
    is_stuck: AtomicBool,
}

impl Stuck {
    fn check(&self) -> Result<(), StoreError> {
        if self.is_stuck.load(Ordering::SeqCst) { Err(StoreError::unavailable("on purpose")) } else { Ok(()) }
    }
}

#[async_trait]
impl LoginAttempts for Stuck {
    async fn begin(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<Admission, StoreError> {
        self.inner.begin(attempt, rules).await
    }

    async fn fail(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        self.check()?;
        self.inner.fail(attempt, rules).await
    }

    async fn roll_back(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        self.check()?;
        self.inner.roll_back(attempt, rules).await
    }

    async fn succeed(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        self.check()?;
        self.inner.succeed(attempt, rules).await
    }

    async fn unlock(&self, target: &UserId, decide: Decision<Record>) -> Result<User, ChangeError> {
        self.inner.unlock(target, decide).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.purge(before, limit).await
    }
}
