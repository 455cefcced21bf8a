use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use steward_contracts::services::Authenticator;
use steward_domain::ports::{ChangeError, Decision, Sessions, Users};
use steward_domain::{
    Action, AuthenticatedSession, Page, PageRequest, PasswordHash, Record, RefreshOutcome, Rotation, SessionFilter,
    SessionRecord, SessionSelector, UserChange, UserId, UserKey,
};
use steward_testkit::{a_user, an_entry, at, the_beginning, user_id};

use super::*;
use crate::AuthPorts;
use crate::testing::{PASSWORD, TestApp, log_in, service, sign_in_attempt};

#[tokio::test]
async fn the_case_of_the_id_does_not_matter() {
    let app = TestApp::new().await;
    app.create(a_user("Alice").admin()).await;
    app.clock.set(at(5));
    let signed_in = app.log_in("aLICE", PASSWORD).await.unwrap();
    assert_eq!(signed_in.user.user_id.as_str(), "Alice");
    assert_eq!(signed_in.user.last_login, Some(at(5)));
    assert_eq!(signed_in.expires_in, 3600);
    let session = app.service.authenticate(&signed_in.token).await.unwrap();
    assert_eq!(session.user, signed_in.user);
    assert_eq!(session.expires_at, at(7 * 24 * 3600 + 5));
    assert_eq!(signed_in.refresh_expires_in, 7 * 24 * 3600);
}

#[tokio::test]
async fn an_unknown_user_costs_one_hash_like_a_wrong_password() {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    for (nth, user_id) in (1..).zip(["alice", "unknown", "홍길동"]) {
        let result = app.log_in(user_id, "wrong").await;
        assert!(matches!(result, Err(SignInOutcome::WrongCredentials)), "{user_id:?}");
        assert_eq!(app.hashes(), nth, "{user_id:?}");
    }
    assert_eq!(app.user("alice").await.last_login, None);
}

/// Returns the number of rounds for a sign-in with a wrong password.
async fn rounds(service: &Arc<AuthService>, id: &str) -> u64 {
    let before = service.hasher.rounds();
    let result = log_in(service, sign_in_attempt(id, "wrong")).await;
    assert!(matches!(result, Err(SignInOutcome::WrongCredentials)), "{id}: {result:?}");
    service.hasher.rounds() - before
}

#[tokio::test]
async fn the_cost_of_stored_hashes_does_not_reveal_which_ids_exist() {
    let app = TestApp::new().await;
    for cost in [4, 6, 7] {
        let hash = bcrypt::hash_with_salt(PASSWORD, cost, [7; 16]).unwrap().to_string();
        let accounts = &*app.ports.accounts;
        a_user(&format!("user{cost}")).password_hash(&hash).create(accounts).await;
        a_user(&format!("inactive{cost}")).inactive().password_hash(&hash).create(accounts).await;
    }
    a_user("broken").password_hash("no hash at all").create(&*app.ports.accounts).await;
    // The configured cost is lower than, equal to, and higher than the stored costs.
    for (cost, expected) in [(4, 1 << 7), (7, 1 << 7), (9, 1 << 9)] {
        let service = service(app.ports.clone(), cost);
        for id in ["user4", "user6", "user7", "inactive4", "inactive7", "broken", "unknown", "홍길동"] {
            assert_eq!(rounds(&service, id).await, expected, "{id}, cost {cost}");
        }
        app.clock.advance(chrono::TimeDelta::hours(2));
    }
}

#[tokio::test]
async fn only_the_right_password_reveals_a_deactivated_account() {
    let app = TestApp::new().await;
    app.create(a_user("eve").inactive()).await;
    assert!(matches!(app.log_in("eve", "wrong").await, Err(SignInOutcome::WrongCredentials)));
    assert!(matches!(app.log_in("eve", PASSWORD).await, Err(SignInOutcome::Deactivated)));
    assert_eq!(app.user("eve").await.last_login, None);
}

#[tokio::test]
async fn a_changed_cost_is_applied_after_the_sign_in() {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    let costlier = service(app.ports.clone(), 5);
    log_in(&costlier, sign_in_attempt("alice", PASSWORD)).await.unwrap();
    until_rehashed(&app, |hash| hash.starts_with("$2b$05$")).await;
    assert!(app.log_in("alice", PASSWORD).await.is_ok());
    assert_eq!(app.user("alice").await.updated_at, the_beginning());
}

/// Waits until `is_new` returns true for alice's hash.
async fn until_rehashed(app: &TestApp, is_new: impl Fn(&str) -> bool) {
    let rehashed = async {
        loop {
            let account = app.ports.accounts.credentials(&user_id("alice")).await.unwrap().unwrap();
            if is_new(account.password_hash.expose()) {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), rehashed).await.unwrap();
}

/// Depending on the keyboard, `ä` is sent as one or two code points.
#[tokio::test]
async fn normalized_passwords_are_equal_and_old_hashes_are_replaced() {
    let app = TestApp::new().await;
    let (composed, decomposed) = ("zwölf boxkämpfer", "zwo\u{308}lf boxka\u{308}mpfer");
    let earlier = bcrypt::hash(decomposed, 4).unwrap();
    a_user("alice").password_hash(&earlier).create(&*app.ports.accounts).await;
    assert!(matches!(app.log_in("alice", composed).await, Err(SignInOutcome::WrongCredentials)));
    app.log_in("alice", decomposed).await.unwrap();
    until_rehashed(&app, |hash| hash != earlier).await;
    for typed in [composed, decomposed, "zwo\u{308}lf\u{A0}boxkämpfer"] {
        assert!(app.log_in("alice", typed).await.is_ok(), "{typed:?}");
    }
    assert!(matches!(app.log_in("alice", "zwolf boxkampfer").await, Err(SignInOutcome::WrongCredentials)));
}

/// The PRECIS profile forbids these passwords, but earlier versions hashed them.
#[tokio::test]
async fn a_password_that_the_policy_now_forbids_still_signs_in() {
    let app = TestApp::new().await;
    for (id, password) in [("alice", "tab\tstop"), ("bob", "zero\u{200B}width"), ("carol", "\u{958}\u{958}\u{958}")] {
        a_user(id).password_hash(bcrypt::hash(password, 4).unwrap()).create(&*app.ports.accounts).await;
        assert!(app.log_in(id, password).await.is_ok(), "{password:?}");
    }
}

#[tokio::test]
async fn a_concurrent_password_reset_rejects_the_sign_in() {
    let app = TestApp::new().await;
    let alice = app.create(a_user("alice")).await;
    let record = an_entry(Action::PasswordReset, "alice", at(1)).into();
    let another = PasswordHash::new(bcrypt::hash("another one", 4).unwrap());
    let storage = SessionsWithEvent::new(&app, Event::Reset(another, record));
    assert!(matches!(storage.log_in(&alice).await, Err(SignInOutcome::WrongCredentials)));
    let requested = storage.requested.lock().unwrap().clone();
    assert_eq!(requested.len(), 1);
    assert!(app.ports.sessions.find_active(requested[0], at(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_concurrent_rehash_does_not_reject_the_sign_in() {
    let app = TestApp::new().await;
    let alice = app.create(a_user("alice")).await;
    let storage = SessionsWithEvent::new(&app, Event::Rehash);
    let signed_in = storage.log_in(&alice).await.unwrap();
    let requested = storage.requested.lock().unwrap().clone();
    let session = app.service.authenticate(&signed_in.token).await.unwrap();
    assert_eq!((requested.len(), session.id), (2, requested[1]));
    assert!(app.ports.sessions.find_active(requested[0], at(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_hash_that_is_replaced_during_every_comparison_is_an_outage() {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    let storage = SessionsWithEvent::new(&app, Event::EndlessRehash);
    let service = storage.service();
    // More often than failures lock out.
    for nth in 1..=6 {
        let result = service.login(sign_in_attempt("alice", PASSWORD)).await;
        assert!(matches!(result, Err(LoginError::Store(StoreError::Unavailable(_)))), "{result:?}");
        assert_eq!(storage.requested.lock().unwrap().len(), nth * MAX_COMPARISONS);
    }
    storage.set(None);
    log_in(&service, sign_in_attempt("alice", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_concurrent_deactivation_rejects_the_sign_in() {
    let app = TestApp::new().await;
    let alice = app.create(a_user("alice")).await;
    let entry = an_entry(Action::UserDeactivated, "alice", at(1)).into();
    let storage = SessionsWithEvent::new(&app, Event::Deactivation(app.users.clone(), entry));
    assert!(matches!(storage.log_in(&alice).await, Err(SignInOutcome::Deactivated)));
}

#[tokio::test]
async fn a_concurrent_deletion_rejects_the_sign_in() {
    let app = TestApp::new().await;
    let alice = app.create(a_user("alice")).await;
    let removal = Event::Removal(app.users.clone(), an_entry(Action::UserDeleted, "alice", at(1)).into());
    let storage = SessionsWithEvent::new(&app, removal);
    assert!(matches!(storage.log_in(&alice).await, Err(SignInOutcome::WrongCredentials)));
}

/// Storage in which an event happens after the password check, just before the first session is opened.
pub(super) struct SessionsWithEvent {
    ports: AuthPorts,
    event: Mutex<Option<Event>>,
    /// The sessions that sign-ins tried to open.
    requested: Mutex<Vec<SessionId>>,
}

pub(super) enum Event {
    Reset(PasswordHash, Record),
    Rehash,
    /// The hash is replaced before every session, until the event is replaced.
    EndlessRehash,
    Deactivation(Arc<dyn Users>, Record),
    Removal(Arc<dyn Users>, Record),
    /// Storage fails until the event is replaced.
    Outage,
    /// Opening a session panics until the event is replaced.
    Panic,
}

impl SessionsWithEvent {
    pub(super) fn new(app: &TestApp, event: Event) -> Arc<Self> {
        Arc::new(Self { ports: app.ports.clone(), event: Some(event).into(), requested: Mutex::default() })
    }

    fn service(self: &Arc<Self>) -> Arc<AuthService> {
        service(AuthPorts { sessions: self.clone(), ..self.ports.clone() }, 4)
    }

    async fn log_in(self: &Arc<Self>, user: &User) -> Result<SignedIn, SignInOutcome> {
        log_in(&self.service(), sign_in_attempt(user.user_id.as_str(), PASSWORD)).await
    }

    pub(super) fn set(&self, event: Option<Event>) {
        *self.event.lock().unwrap() = event;
    }

    async fn rehash(&self, user_id: &UserId) {
        let accounts = &self.ports.accounts;
        let account = accounts.credentials(user_id).await.unwrap().unwrap();
        let new = PasswordHash::new(bcrypt::hash(PASSWORD, 4).unwrap());
        accounts.rehash(account.user.id, &account.password_hash, &new).await.unwrap();
    }

    async fn trigger(&self, user_id: &UserId) -> Result<(), StoreError> {
        let event = self.event.lock().unwrap().take();
        let accounts = &self.ports.accounts;
        match event {
            Some(Event::Reset(hash, record)) => {
                accounts.reset_password(user_id, hash, Box::new(|_| Ok(record))).await.unwrap();
            }
            Some(Event::Rehash) => self.rehash(user_id).await,
            Some(Event::EndlessRehash) => {
                self.set(Some(Event::EndlessRehash));
                self.rehash(user_id).await;
            }
            Some(Event::Deactivation(users, entry)) => {
                let change = UserChange { is_active: Some(false), ..UserChange::default() };
                users.update(user_id, Box::new(|_| Ok(Some((change, entry))))).await.unwrap();
            }
            Some(Event::Removal(users, record)) => {
                users.delete(user_id, Box::new(|_| Ok(record))).await.unwrap();
            }
            Some(Event::Outage) => {
                self.set(Some(Event::Outage));
                return Err(StoreError::unavailable("on purpose"));
            }
            Some(Event::Panic) => {
                self.set(Some(Event::Panic));
                panic!("on purpose");
            }
            None => {}
        }
        Ok(())
    }
}

#[async_trait]
impl Sessions for SessionsWithEvent {
    async fn open(&self, session: NewSession, checked: &PasswordHash) -> Result<OpenOutcome, StoreError> {
        self.trigger(&user_id("alice")).await?;
        self.requested.lock().unwrap().push(session.id);
        self.ports.sessions.open(session, checked).await
    }

    async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError> {
        self.ports.sessions.find_active(id, now).await
    }

    async fn refresh(&self, rotation: Rotation) -> Result<RefreshOutcome, StoreError> {
        self.ports.sessions.refresh(rotation).await
    }

    async fn list(
        &self,
        filter: &SessionFilter,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, StoreError> {
        self.ports.sessions.list(filter, now, page).await
    }

    async fn record_last_seen(&self, uses: &[(SessionId, Timestamp)]) -> Result<(), StoreError> {
        self.ports.sessions.record_last_seen(uses).await
    }

    async fn end_own(&self, user: UserKey, selector: SessionSelector, now: Timestamp) -> Result<u64, StoreError> {
        self.ports.sessions.end_own(user, selector, now).await
    }

    async fn revoke(
        &self,
        target: &UserId,
        selector: SessionSelector,
        decide: Decision<Record>,
    ) -> Result<u64, ChangeError> {
        self.ports.sessions.revoke(target, selector, decide).await
    }

    async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.ports.sessions.end(id, now).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.ports.sessions.purge(before, limit).await
    }
}
