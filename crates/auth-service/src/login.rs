//! Signs a user in: counts the attempt, verifies the password and opens a session.
//!
//! An unknown id causes the same queries and the same hashing work as a known id. So neither the response nor its
//! duration reveals which ids exist.

mod attempt;

use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::lockout::Source;
use steward_domain::ports::{AccountCredentials, StoreError};
use steward_domain::{
    DeviceId, FailedSignIn, FailureReason, NewSession, Origin, PasswordAttempt, SessionId, Timestamp, User, UserId,
};

use crate::attempts::{AttemptError, CountedAttempt, run_to_completion};
use crate::device_token;
use crate::hashing::{Comparison, HashedForm, HashingError};
use crate::refresh_token::RefreshToken;
use crate::tokens::Issue;
use crate::{AuthService, SessionSettings};

pub use attempt::{LoginIdentifier, SignInAttempt};

/// A successful sign-in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// The access token.
    pub token: String,
    /// Validity of the access token, in seconds.
    pub expires_in: u64,
    /// The refresh token, for the next access token.
    pub refresh_token: RefreshToken,
    /// Validity of the refresh token, in seconds.
    pub refresh_expires_in: u64,
    /// The token that the device presents at its next sign-in; only a sign-in returns one.
    pub device_token: Option<String>,
}

/// Errors of [`AuthService::login`].
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The user is unknown or the password is wrong. Clients cannot distinguish the two.
    #[error("unknown user or wrong password")]
    WrongCredentials,
    /// The password is right and the account is deactivated.
    #[error("the account is deactivated")]
    Deactivated,
    /// Too many attempts at this id failed, known or unknown; the time until the next attempt is allowed.
    #[error("too many failed attempts; try again later")]
    Locked(Duration),
    /// The password could not be verified.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The token could not be signed: a defect.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The input of a password verification; without an account if the id is unknown.
#[derive(Clone)]
struct PasswordCheck {
    account: Option<AccountCredentials>,
    /// The highest cost of all stored hashes, which determines the work for a wrong password.
    highest_cost: Option<u32>,
    /// Alive while the caller waits for the response.
    caller: Weak<()>,
}

impl AuthService {
    /// Signs in.
    pub async fn login(self: &Arc<Self>, attempt: SignInAttempt) -> Result<SignedIn, LoginError> {
        let account = self.account(attempt.claimed.id()).await?;
        let highest_cost = self.accounts.highest_hash_cost().await?;
        // The comparison does not start once the caller has disconnected.
        let caller = Arc::new(());
        let check = PasswordCheck { account, highest_cost, caller: Arc::downgrade(&caller) };
        let service = Arc::clone(self);
        run_to_completion(async move { service.count_and_compare(&attempt, check).await }).await?
    }

    /// Counts the attempt, compares its password and settles it.
    async fn count_and_compare(&self, attempt: &SignInAttempt, check: PasswordCheck) -> Result<SignedIn, LoginError> {
        let user = check.account.as_ref().map(|account| account.user.clone());
        let device = self.device_of(attempt, user.as_ref());
        let counted = match self.begin_sign_in(attempt, user.as_ref(), device).await {
            Ok(counted) => counted,
            Err(AttemptError::Store(error)) => return Err(error.into()),
            Err(AttemptError::Locked { wait, first }) => {
                // One row per lock: a flood of attempts must not become a flood of rows.
                if first {
                    self.record(attempt, user.as_ref(), FailureReason::Locked).await?;
                }
                return Err(LoginError::Locked(wait));
            }
        };
        match self.open_session(attempt, check).await {
            Ok(signed_in) => {
                // The sign-in succeeded, so an attempt that cannot be confirmed only counts until it lapses.
                if let Err(error) = self.confirm_attempt(counted).await {
                    tracing::warn!(%error, user = signed_in.user.id, "failed attempts were not reset at a sign-in");
                }
                let device = device.unwrap_or_else(|| self.ids.device_id());
                let token = device_token::sign(&self.derived_keys.device, &signed_in.user, device);
                Ok(SignedIn { device_token: Some(token), ..signed_in })
            }
            Err(error) => {
                self.settle_failure(attempt, user.as_ref(), counted, &error).await?;
                Err(error)
            }
        }
    }

    /// Returns the device of an attempt if its device token was signed for this user.
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
        // No user has the key 0.
        let key = user.map_or(0, |user| user.id);
        let is_known = self.sign_ins.is_known(key, network, self.known_since()).await? || device.is_some();
        let account = match user {
            Some(user) => user.user_id.key().to_owned(),
            None => self.unknown_account_key(attempt.claimed.typed()),
        };
        let source = device.map_or(Source::Address(network), Source::Device);
        self.begin_attempt(account, source, is_known).await
    }

    /// Records a wrong password as a failure and rolls back every other attempt: only a wrong password counts.
    async fn settle_failure(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        counted: CountedAttempt,
        error: &LoginError,
    ) -> Result<(), StoreError> {
        match error {
            LoginError::WrongCredentials => {
                // The response reveals that the password is wrong, so the failure must be counted first.
                self.fail_attempt(counted).await?;
                let reason = if user.is_some() { FailureReason::WrongPassword } else { FailureReason::UnknownUser };
                self.record(attempt, user, reason).await
            }
            // The password is right, so the attempt is not a failure.
            LoginError::Deactivated => {
                self.roll_back_attempt(counted).await;
                self.record(attempt, user, FailureReason::Inactive).await
            }
            LoginError::Locked(_) | LoginError::Hashing(_) | LoginError::Signing(_) | LoginError::Store(_) => {
                self.roll_back_attempt(counted).await;
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
                // The user was deactivated or deleted during the comparison.
                let is_deleted = self.account(claimed.id()).await?.is_none();
                return Err(if is_deleted { LoginError::WrongCredentials } else { LoginError::Deactivated });
            };
            // A concurrent password reset ended all sessions that existed, but not this new one.
            check.account = self.account(claimed.id()).await?;
            let current_hash = check.account.as_ref().map(|account| account.password_hash.expose());
            if current_hash == Some(checked.password_hash.expose()) {
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

    /// Returns the tokens for a session: an access token that ends no later than the session, and the refresh token for
    /// the next one.
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

/// Returns whole seconds, rounded down so that a client never refreshes too late.
fn seconds(span: TimeDelta) -> u64 {
    span.num_seconds().try_into().unwrap_or(0)
}

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod undecided;
