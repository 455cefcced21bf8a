//! Signs a user in: counts the attempt, checks the password and opens a session.
//!
//! Whatever is asked of storage before the password is compared is asked for an id that is nobody's too, so that neither
//! the answer nor how long it takes tells which ids exist.

mod attempt;

use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::lockout::Source;
use steward_domain::ports::{AccountCredentials, StoreError};
use steward_domain::{
    DeviceId, FailedSignIn, FailureReason, NewSession, Origin, PasswordAttempt, SessionId, Timestamp, User, UserId,
};

use crate::device_token;
use crate::guessing::{AttemptError, CountedAttempt, to_the_end};
use crate::hashing::{Comparison, HashedForm, HashingError};
use crate::refresh_token::RefreshToken;
use crate::tokens::Issue;
use crate::{AuthService, SessionSettings};

pub use attempt::{LoginIdentifier, SignInAttempt};

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

/// What a sign-in compares the password with; no account if the id is unknown.
#[derive(Clone)]
struct PasswordCheck {
    account: Option<AccountCredentials>,
    /// The highest cost among all stored hashes, which sets the work for a wrong password.
    highest_cost: Option<u32>,
    /// Alive while the caller waits for the answer.
    caller: Weak<()>,
}

impl AuthService {
    /// Signs in.
    pub async fn login(self: &Arc<Self>, attempt: SignInAttempt) -> Result<SignedIn, LoginError> {
        let account = self.account(attempt.claimed.id()).await?;
        let highest_cost = self.accounts.highest_hash_cost().await?;
        // A comparison that has not begun when the caller hangs up is not worth a thread.
        let caller = Arc::new(());
        let check = PasswordCheck { account, highest_cost, caller: Arc::downgrade(&caller) };
        let service = Arc::clone(self);
        to_the_end(async move { service.guess(&attempt, check).await }).await?
    }

    /// Counts the attempt, compares its password and settles it.
    async fn guess(&self, attempt: &SignInAttempt, check: PasswordCheck) -> Result<SignedIn, LoginError> {
        let user = check.account.as_ref().map(|account| account.user.clone());
        let device = self.device_of(attempt, user.as_ref());
        let guess = match self.begin_sign_in(attempt, user.as_ref(), device).await {
            Ok(guess) => guess,
            Err(AttemptError::Store(error)) => return Err(error.into()),
            Err(AttemptError::Locked { wait, first }) => {
                // A flood of attempts is not to become a flood of rows.
                if first {
                    self.record(attempt, user.as_ref(), FailureReason::Locked).await?;
                }
                return Err(LoginError::Locked(wait));
            }
        };
        match self.open_session(attempt, check).await {
            Ok(signed_in) => {
                // They are in; their attempt merely counts until it lapses.
                if let Err(error) = self.confirm_attempt(guess).await {
                    tracing::warn!(%error, user = signed_in.user.id, "failures before a sign-in stay counted");
                }
                let device = device.unwrap_or_else(|| self.ids.device_id());
                let token = device_token::sign(&self.derived_keys.device, &signed_in.user, device);
                Ok(SignedIn { device_token: Some(token), ..signed_in })
            }
            Err(error) => {
                self.settle_failure(attempt, user.as_ref(), guess, &error).await?;
                Err(error)
            }
        }
    }

    /// The device that an attempt comes from, if it was this user's before.
    fn device_of(&self, attempt: &SignInAttempt, user: Option<&User>) -> Option<DeviceId> {
        device_token::verify(&self.derived_keys.device, user, attempt.device_token.as_deref()?)
    }

    async fn begin_sign_in(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        device: Option<DeviceId>,
    ) -> Result<CountedAttempt, AttemptError> {
        let network = attempt.origin.network();
        // Nobody has the key 0.
        let key = user.map_or(0, |user| user.id);
        let is_known = self.sign_ins.is_known(key, network, self.known_since()).await? || device.is_some();
        let account = match user {
            Some(user) => user.user_id.key().to_owned(),
            None => self.unknown_account_key(attempt.claimed.typed()),
        };
        let source = device.map_or(Source::Address(network), Source::Device);
        self.begin_attempt(account, source, is_known).await
    }

    /// Counts an attempt whose password was wrong, and takes every other one back: only a wrong password is a guess.
    async fn settle_failure(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        guess: CountedAttempt,
        error: &LoginError,
    ) -> Result<(), StoreError> {
        match error {
            LoginError::WrongCredentials => {
                // An answer tells that it was wrong, so there is none where it cannot be counted.
                self.fail_attempt(guess).await?;
                let reason = if user.is_some() { FailureReason::WrongPassword } else { FailureReason::UnknownUser };
                self.record(attempt, user, reason).await
            }
            // The answer tells that the password is right.
            LoginError::Deactivated => {
                self.roll_back_attempt(guess).await;
                self.record(attempt, user, FailureReason::Inactive).await
            }
            LoginError::Locked(_) | LoginError::Hashing(_) | LoginError::Signing(_) | LoginError::Store(_) => {
                self.roll_back_attempt(guess).await;
                Ok(())
            }
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

    async fn open_session(&self, attempt: &SignInAttempt, mut check: PasswordCheck) -> Result<SignedIn, LoginError> {
        let SignInAttempt { claimed, password, origin, .. } = attempt;
        loop {
            let (checked, form) = self.check_password(&check, password).await?;
            let refresh = RefreshToken::new(self.ids.refresh_token());
            let session = self.new_session(&checked.user, &refresh, origin.clone());
            let Some(user) = self.sessions.open(session.clone()).await? else {
                // Deactivated or removed while the hash was compared.
                let is_gone = self.account(claimed.id()).await?.is_none();
                return Err(if is_gone { LoginError::WrongCredentials } else { LoginError::Deactivated });
            };
            // Hashing takes a while. A password that was reset meanwhile ended the sessions there were, and this one
            // was not yet among them.
            check.account = self.account(claimed.id()).await?;
            if check.account.as_ref().is_some_and(|now| now.password_hash.expose() == checked.password_hash.expose()) {
                let signed_in = self.signed_in(session.id, user, session.expires_at, session.created_at, refresh)?;
                if form == HashedForm::Typed || self.hasher.needs_rehash(&checked.password_hash) {
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
        check: &PasswordCheck,
        password: &PasswordAttempt,
    ) -> Result<(AccountCredentials, HashedForm), LoginError> {
        let PasswordCheck { account, highest_cost, caller } = check.clone();
        let comparison = Comparison {
            password: password.clone(),
            hash: account.as_ref().map(|account| account.password_hash.clone()),
            highest_cost,
        };
        match (account, self.hasher.find_hashed(comparison, move || caller.strong_count() > 0).await?) {
            (Some(account), Some(form)) if account.user.is_active => Ok((account, form)),
            (Some(_), Some(_)) => Err(LoginError::Deactivated),
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
mod tests;
#[cfg(test)]
mod undecided;
