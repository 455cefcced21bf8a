//! Signs a user in: checks the password and opens a session.

use steward_domain::ports::{AccountCredentials, StoreError};
use steward_domain::{NewSession, Origin, PasswordAttempt, User, UserId};

use crate::AuthService;
use crate::hashing::HashingError;

/// A sign-in that succeeded.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who signed in.
    pub user: User,
    /// Their bearer token.
    pub token: String,
    /// Seconds that the token is good for.
    pub expires_in: u64,
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
    /// Signs in `user_id`, who is `None` where what was sent cannot be anybody's id: that takes as long as a wrong
    /// password does.
    pub async fn login(
        &self,
        user_id: Option<&UserId>,
        password: PasswordAttempt,
        origin: Origin,
    ) -> Result<SignedIn, LoginError> {
        let mut account = self.account(user_id).await?;
        loop {
            let checked = self.check_password(account, &password).await?;
            let session = self.new_session(&checked.user, origin.clone());
            let user = self.sessions.open(session.clone()).await?.ok_or(LoginError::Deactivated)?;
            // Hashing takes a while. A password that was reset meanwhile ended the sessions there were, and this one
            // was not yet among them.
            account = self.account(user_id).await?;
            if account.as_ref().is_some_and(|now| now.password_hash.expose() == checked.password_hash.expose()) {
                let token = self.tokens.sign(&session, &user, self.ids.token_id())?;
                if self.hasher.needs_rehash(&checked.password_hash) {
                    self.rehash_later(user.id, password, checked.password_hash);
                }
                return Ok(SignedIn { user, token, expires_in: self.token_ttl.num_seconds().unsigned_abs() });
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

    fn new_session(&self, user: &User, origin: Origin) -> NewSession {
        let now = self.clock.now();
        NewSession {
            id: self.ids.session_id(),
            user: user.id,
            created_at: now,
            expires_at: now + self.token_ttl,
            origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use async_trait::async_trait;
    use steward_contracts::Authenticator;
    use steward_domain::ports::Sessions;
    use steward_domain::{Action, AuditEntry, AuthenticatedSession, PasswordHash, SessionId, Timestamp};
    use steward_testkit::{a_user, an_entry, at, the_beginning, user_id};

    use super::*;
    use crate::AuthPorts;
    use crate::testing::{PASSWORD, Stage, attempt, service};

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
        assert_eq!(session.expires_at, at(3605));
    }

    #[tokio::test]
    async fn an_unknown_user_costs_the_same_one_hash_as_a_wrong_password() {
        let stage = Stage::new().await;
        stage.create(a_user("alice")).await;
        for (nth, user_id) in (1..).zip([Some(user_id("alice")), Some(user_id("nobody")), None]) {
            let answer = stage.service.login(user_id.as_ref(), attempt("wrong"), Origin::default()).await;
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
        costlier.login(Some(&alice.user_id), attempt(PASSWORD), Origin::default()).await.unwrap();
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
            service.login(Some(&user.user_id), attempt(PASSWORD), Origin::default()).await
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

        async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
            self.ports.sessions.end(id, now).await
        }

        async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
            self.ports.sessions.purge(before, limit).await
        }
    }
}
