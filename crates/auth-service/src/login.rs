//! Signs a user in: counts the attempt, checks the password and opens a session.
//!
//! Whatever is asked of storage before the password is compared is asked for an id that is nobody's too, so that neither
//! the answer nor how long it takes tells which ids exist.

mod attempt;

use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::lockout::Source;
use steward_domain::ports::{AccountCredentials, StoreError};
use steward_domain::{
    DeviceId, FailedSignIn, FailureReason, NewSession, Origin, PasswordAttempt, SessionId, Timestamp, User, UserId,
};

use crate::device_token;
use crate::guessing::{Guess, GuessError};
use crate::hashing::HashingError;
use crate::refresh_token::RefreshToken;
use crate::tokens::Issue;
use crate::{AuthService, SessionSettings};

pub use attempt::{ClaimedId, SignInAttempt};

/// A sign-in that succeeded.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who signed in.
    pub user: User,
    /// Their bearer token.
    pub token: String,
    /// Seconds that the token is good for.
    pub expires_in: u64,
    /// What the next token is got with.
    pub refresh_token: RefreshToken,
    /// Seconds that the refresh token is good for.
    pub refresh_expires_in: u64,
    /// What the device is to show at its next sign-in; only a sign-in gives one.
    pub device_token: Option<String>,
}

/// Why a sign-in did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There is no such user, or their password is another one; which of both is nobody's business.
    #[error("no such user, or another password")]
    WrongCredentials,
    /// The password is right, and the account is switched off.
    #[error("the account is deactivated")]
    Deactivated,
    /// Too many attempts failed before, at any id, whether it is anybody's or not: how long until the next may be made.
    #[error("too many attempts failed before")]
    Locked(Duration),
    /// The password could not be checked.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The token could not be signed: a defect.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthService {
    /// Signs in.
    pub async fn login(&self, attempt: SignInAttempt) -> Result<SignedIn, LoginError> {
        let account = self.account(attempt.claimed.id()).await?;
        let user = account.as_ref().map(|account| account.user.clone());
        let device = self.device_of(&attempt, user.as_ref());
        let guess = match self.begin_sign_in(&attempt, user.as_ref(), device).await {
            Ok(guess) => guess,
            Err(GuessError::Store(error)) => return Err(error.into()),
            Err(GuessError::Locked { wait, first }) => {
                // A flood of attempts is not to become a flood of rows.
                if first {
                    self.record(&attempt, user.as_ref(), FailureReason::Locked).await?;
                }
                return Err(LoginError::Locked(wait));
            }
        };
        match self.open_session(&attempt, account).await {
            Ok(signed_in) => {
                self.guess_was_right(guess).await?;
                let device = device.unwrap_or_else(|| self.ids.device_id());
                let token = device_token::sign(&self.derived_keys.device, &signed_in.user, device);
                Ok(SignedIn { device_token: Some(token), ..signed_in })
            }
            Err(error) => {
                self.settle_failure(&attempt, user.as_ref(), guess, &error).await?;
                Err(error)
            }
        }
    }

    /// The device that an attempt comes from, if it was this user's before.
    fn device_of(&self, attempt: &SignInAttempt, user: Option<&User>) -> Option<DeviceId> {
        let (user, token) = (user?, attempt.device_token.as_deref()?);
        device_token::verify(&self.derived_keys.device, user, token)
    }

    async fn begin_sign_in(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        device: Option<DeviceId>,
    ) -> Result<Guess, GuessError> {
        let network = attempt.origin.network();
        // Nobody has the key 0.
        let key = user.map_or(0, |user| user.id);
        let is_known = self.sign_ins.is_known(key, network, self.known_since()).await? || device.is_some();
        let account = match user {
            Some(user) => user.user_id.key().to_owned(),
            None => self.nobodys_account(attempt.claimed.typed()),
        };
        let source = device.map_or(Source::Address(network), Source::Device);
        self.begin_guess(account, source, is_known).await
    }

    /// Keeps an attempt that failed, and takes it back where nothing can be learnt from it about the password.
    async fn settle_failure(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        guess: Guess,
        error: &LoginError,
    ) -> Result<(), StoreError> {
        match error {
            LoginError::WrongCredentials if user.is_none() => {
                self.record(attempt, user, FailureReason::UnknownUser).await
            }
            LoginError::WrongCredentials => self.record(attempt, user, FailureReason::WrongPassword).await,
            // The answer told already that the password is right.
            LoginError::Deactivated => {
                self.guess_was_none(guess).await?;
                self.record(attempt, user, FailureReason::Inactive).await
            }
            LoginError::Hashing(HashingError::Overloaded(_)) => self.guess_was_none(guess).await,
            LoginError::Locked(_) | LoginError::Hashing(_) | LoginError::Signing(_) | LoginError::Store(_) => Ok(()),
        }
    }

    async fn record(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        reason: FailureReason,
    ) -> Result<(), StoreError> {
        let user = user.map(|user| user.id);
        self.sign_ins.record(FailedSignIn { at: self.clock.now(), user, reason, origin: attempt.origin.clone() }).await
    }

    async fn open_session(
        &self,
        attempt: &SignInAttempt,
        mut account: Option<AccountCredentials>,
    ) -> Result<SignedIn, LoginError> {
        let SignInAttempt { claimed, password, origin, .. } = attempt;
        loop {
            let checked = self.check_password(account, password).await?;
            let refresh = RefreshToken::new(self.ids.refresh_token());
            let session = self.new_session(&checked.user, &refresh, origin.clone());
            let user = self.sessions.open(session.clone()).await?.ok_or(LoginError::Deactivated)?;
            // Hashing takes a while. A password that was reset meanwhile ended the sessions there were, and this one
            // was not yet among them.
            account = self.account(claimed.id()).await?;
            if account.as_ref().is_some_and(|now| now.password_hash.expose() == checked.password_hash.expose()) {
                let signed_in = self.signed_in(session.id, user, session.expires_at, session.created_at, refresh)?;
                if self.hasher.needs_rehash(&checked.password_hash) {
                    self.rehash_later(signed_in.user.id, password.clone(), checked.password_hash);
                }
                return Ok(signed_in);
            }
            self.sessions.end(session.id, self.clock.now()).await?;
        }
    }

    async fn account(&self, user_id: Option<&UserId>) -> Result<Option<AccountCredentials>, StoreError> {
        match user_id {
            Some(user_id) => self.accounts.credentials(user_id).await,
            None => Ok(None),
        }
    }

    async fn check_password(
        &self,
        account: Option<AccountCredentials>,
        password: &PasswordAttempt,
    ) -> Result<AccountCredentials, LoginError> {
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let right = self.hasher.verify(password.clone(), hash).await?;
        match account {
            Some(account) if right && account.user.is_active => Ok(account),
            Some(_) if right => Err(LoginError::Deactivated),
            _ => Err(LoginError::WrongCredentials),
        }
    }

    fn new_session(&self, user: &User, refresh: &RefreshToken, origin: Origin) -> NewSession {
        let now = self.clock.now();
        let SessionSettings { absolute, idle, .. } = self.session_settings;
        NewSession {
            id: self.ids.session_id(),
            user: user.id,
            created_at: now,
            expires_at: now + idle.min(absolute),
            ends_at: now + absolute,
            refresh: refresh.hash(),
            origin,
        }
    }

    /// What the holder of a session is given: an access token that ends no later than the session, and the refresh token
    /// for the next one.
    pub(crate) fn signed_in(
        &self,
        session: SessionId,
        user: User,
        session_expires_at: Timestamp,
        now: Timestamp,
        refresh_token: RefreshToken,
    ) -> Result<SignedIn, jsonwebtoken::errors::Error> {
        let until = session_expires_at.min(now + self.token_ttl);
        let token = self.tokens.sign(&Issue { session, at: now, until }, &user, self.ids.token_id())?;
        Ok(SignedIn {
            user,
            token,
            expires_in: seconds(until - now),
            refresh_token,
            refresh_expires_in: seconds(session_expires_at - now),
            device_token: None,
        })
    }
}

/// Whole seconds, rounded down so that whoever counts them is not too late.
fn seconds(span: TimeDelta) -> u64 {
    span.num_seconds().try_into().unwrap_or(0)
}

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use async_trait::async_trait;
    use steward_contracts::Authenticator;
    use steward_domain::ports::{ChangeError, Decide, Sessions};
    use steward_domain::{
        Action, AuditEntry, AuthenticatedSession, Page, PageRequest, PasswordHash, Rotated, Rotation, SessionChoice,
        SessionFilter, SessionRecord,
    };
    use steward_testkit::{a_user, an_entry, at, the_beginning, user_id};

    use super::*;
    use crate::AuthPorts;
    use crate::testing::{PASSWORD, Stage, service, sign_in_attempt};

    #[tokio::test]
    async fn the_right_password_opens_a_session_whatever_the_ids_case() {
        let stage = Stage::new().await;
        stage.create(a_user("Alice").admin()).await;
        stage.clock.set(at(5));
        let signed_in = stage.log_in("aLICE", PASSWORD).await.unwrap();
        assert_eq!(signed_in.user.user_id.as_str(), "Alice");
        assert_eq!(signed_in.user.last_login, Some(at(5)));
        assert_eq!(signed_in.expires_in, 3600);
        let session = stage.service.authenticate(&signed_in.token).await.unwrap();
        assert_eq!(session.user, signed_in.user);
        assert_eq!(session.expires_at, at(7 * 24 * 3600 + 5));
        assert_eq!(signed_in.refresh_expires_in, 7 * 24 * 3600);
    }

    #[tokio::test]
    async fn an_unknown_user_costs_the_same_one_hash_as_a_wrong_password() {
        let stage = Stage::new().await;
        stage.create(a_user("alice")).await;
        for (nth, user_id) in (1..).zip(["alice", "nobody", "홍길동"]) {
            let answer = stage.log_in(user_id, "wrong").await;
            assert!(matches!(answer, Err(LoginError::WrongCredentials)), "{user_id:?}");
            assert_eq!(stage.hashes(), nth, "{user_id:?}");
        }
        assert_eq!(stage.user("alice").await.last_login, None);
    }

    #[tokio::test]
    async fn only_the_right_password_learns_of_a_deactivated_account() {
        let stage = Stage::new().await;
        stage.create(a_user("eve").inactive()).await;
        assert!(matches!(stage.log_in("eve", "wrong").await, Err(LoginError::WrongCredentials)));
        assert!(matches!(stage.log_in("eve", PASSWORD).await, Err(LoginError::Deactivated)));
        assert_eq!(stage.user("eve").await.last_login, None);
    }

    #[tokio::test]
    async fn another_cost_is_applied_after_the_sign_in() {
        let stage = Stage::new().await;
        let alice = stage.create(a_user("alice")).await;
        let costlier = service(stage.ports.clone(), 5);
        costlier.login(sign_in_attempt("alice", PASSWORD)).await.unwrap();
        let rehashed = async {
            loop {
                let hash = stage.ports.accounts.credentials(&alice.user_id).await.unwrap().unwrap().password_hash;
                if hash.expose().starts_with("$2b$05$") {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), rehashed).await.unwrap();
        assert!(stage.log_in("alice", PASSWORD).await.is_ok());
        assert_eq!(stage.user("alice").await.updated_at, the_beginning());
    }

    #[tokio::test]
    async fn a_password_that_is_reset_meanwhile_lets_nobody_in() {
        let stage = Stage::new().await;
        let alice = stage.create(a_user("alice")).await;
        let entry = an_entry(Action::PasswordReset, "alice", at(1));
        let another = PasswordHash::new(bcrypt::hash("another one", 4).unwrap());
        let meanwhile = Meanwhile::new(&stage, Event::Reset(another, entry));
        assert!(matches!(meanwhile.log_in(&alice).await, Err(LoginError::WrongCredentials)));
        let opened = meanwhile.opened.lock().unwrap().clone();
        assert_eq!(opened.len(), 1);
        assert!(stage.ports.sessions.find_active(opened[0], at(1)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_password_that_is_hashed_anew_meanwhile_is_still_right() {
        let stage = Stage::new().await;
        let alice = stage.create(a_user("alice")).await;
        let meanwhile = Meanwhile::new(&stage, Event::Rehash(PasswordHash::new(bcrypt::hash(PASSWORD, 4).unwrap())));
        let signed_in = meanwhile.log_in(&alice).await.unwrap();
        let opened = meanwhile.opened.lock().unwrap().clone();
        let session = stage.service.authenticate(&signed_in.token).await.unwrap();
        assert_eq!((opened.len(), session.id), (2, opened[1]));
        assert!(stage.ports.sessions.find_active(opened[0], at(1)).await.unwrap().is_none());
    }

    /// Storage in which something happens just before the first session is opened: after the password was checked.
    struct Meanwhile {
        ports: AuthPorts,
        event: Mutex<Option<Event>>,
        opened: Mutex<Vec<SessionId>>,
    }

    enum Event {
        Reset(PasswordHash, AuditEntry),
        Rehash(PasswordHash),
    }

    impl Meanwhile {
        fn new(stage: &Stage, event: Event) -> Arc<Self> {
            Arc::new(Self { ports: stage.ports.clone(), event: Some(event).into(), opened: Mutex::default() })
        }

        async fn log_in(self: &Arc<Self>, user: &User) -> Result<SignedIn, LoginError> {
            let service = service(AuthPorts { sessions: self.clone(), ..self.ports.clone() }, 4);
            service.login(sign_in_attempt(user.user_id.as_str(), PASSWORD)).await
        }

        async fn happen(&self, user_id: &UserId) {
            let event = self.event.lock().unwrap().take();
            let accounts = &self.ports.accounts;
            match event {
                Some(Event::Reset(hash, entry)) => {
                    accounts.reset_password(user_id, hash, Box::new(|_| Ok(entry))).await.unwrap();
                }
                Some(Event::Rehash(new)) => {
                    let account = accounts.credentials(user_id).await.unwrap().unwrap();
                    accounts.rehash(account.user.id, &account.password_hash, &new).await.unwrap();
                }
                None => {}
            }
        }
    }

    #[async_trait]
    impl Sessions for Meanwhile {
        async fn open(&self, session: NewSession) -> Result<Option<User>, StoreError> {
            self.happen(&user_id("alice")).await;
            self.opened.lock().unwrap().push(session.id);
            self.ports.sessions.open(session).await
        }

        async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError> {
            self.ports.sessions.find_active(id, now).await
        }

        async fn refresh(&self, rotation: Rotation) -> Result<Rotated, StoreError> {
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

        async fn seen(&self, seen: &[(SessionId, Timestamp)]) -> Result<(), StoreError> {
            self.ports.sessions.seen(seen).await
        }

        async fn end_own(&self, user: i64, choice: SessionChoice, now: Timestamp) -> Result<u64, StoreError> {
            self.ports.sessions.end_own(user, choice, now).await
        }

        async fn revoke(
            &self,
            target: &UserId,
            choice: SessionChoice,
            decide: Decide<AuditEntry>,
        ) -> Result<u64, ChangeError> {
            self.ports.sessions.revoke(target, choice, decide).await
        }

        async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
            self.ports.sessions.end(id, now).await
        }

        async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
            self.ports.sessions.purge(before, limit).await
        }
    }
}
