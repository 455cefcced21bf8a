//! Signs a user in: looks up the account, counts the attempt, compares the password, opens a session and settles the
//! attempt.
//!
//! An unknown id causes the same queries and the same hashing work as a known id. So neither the response nor its
//! duration reveals which ids exist.

mod attempt;
mod notices;

use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::lockout::Source;
use steward_domain::ports::{SignInCredentials, StoreError};
use steward_domain::{
    DeviceId, FailedSignIn, FailureReason, NewMessage, NewSession, OpenOutcome, Origin, SessionId, Timestamp, User,
};

use crate::attempts::{AttemptError, CountedAttempt, run_to_completion};
use crate::device_token;
use crate::hashing::{Comparison, HashedForm, HashingError};
use crate::refresh_token::RefreshToken;
use crate::tokens::Issue;
use crate::{AuthService, SessionSettings};

pub use attempt::{LoginIdentifier, SignInAttempt};

/// How often a sign-in compares the password, if the stored hash is replaced during each comparison.
const MAX_COMPARISONS: usize = 3;

/// The result of [`AuthService::login`].
#[derive(Debug, Clone)]
pub enum SignInOutcome {
    /// A session is open.
    SignedIn(Box<SignedIn>),
    /// The user is unknown or the password is wrong. Clients cannot distinguish the two.
    WrongCredentials,
    /// The password is right and the account is deactivated.
    Deactivated,
    /// The password is right, and the user has deleted the account; when it will be erased.
    DeletionPending(Timestamp),
    /// The password is right and the address is not confirmed, which a sign-in requires. A mail with a link that confirms
    /// it is on its way, unless the account got too many.
    Unverified,
    /// Too many attempts at this id failed, known or unknown; the time until the next attempt is allowed.
    Locked(Duration),
}

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

/// Errors of [`AuthService::login`]: it is unknown whether the password is right, or no session was opened.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
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

impl AuthService {
    /// Signs in. Once the caller has disconnected, no comparison starts, and a counted attempt is still settled.
    pub async fn login(self: &Arc<Self>, attempt: SignInAttempt) -> Result<SignInOutcome, LoginError> {
        let (service, caller) = (Arc::clone(self), Arc::new(()));
        let waiting = Arc::downgrade(&caller);
        run_to_completion(async move { service.sign_in(&attempt, &waiting).await }).await?
    }

    /// Signs in. `caller` is alive while the caller waits for the outcome.
    async fn sign_in(&self, attempt: &SignInAttempt, caller: &Weak<()>) -> Result<SignInOutcome, LoginError> {
        let stored = self.accounts.sign_in_credentials(attempt.claimed.id()).await?;
        let user = stored.account.as_ref().map(|account| account.user.clone());
        let device = self.device_of(attempt, user.as_ref());
        let (counted, is_known) = match self.count(attempt, user.as_ref(), device).await {
            Ok(counted) => counted,
            Err(AttemptError::Locked { wait, first }) => {
                // One row per lock: a flood of attempts must not become a flood of rows.
                if first {
                    let messages = match &user {
                        Some(user) => self.lock_out_notice(user, &attempt.origin, wait).await?,
                        None => None,
                    };
                    self.record(attempt, user.as_ref(), FailureReason::Locked, messages).await?;
                }
                return Ok(SignInOutcome::Locked(wait));
            }
            Err(AttemptError::Store(error)) => return Err(error.into()),
        };
        let outcome = self.compare_and_open(attempt, stored, device, is_known, caller).await;
        self.settle(attempt, user.as_ref(), counted, &outcome).await?;
        outcome
    }

    /// Returns the device of an attempt if its device token was signed for this user.
    fn device_of(&self, attempt: &SignInAttempt, user: Option<&User>) -> Option<DeviceId> {
        device_token::verify(&self.derived_keys.device, user, attempt.device_token.as_deref()?)
    }

    /// Counts an attempt. Returns also whether the user has signed in from its device or network before.
    async fn count(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        device: Option<DeviceId>,
    ) -> Result<(CountedAttempt, bool), AttemptError> {
        let network = attempt.origin.network();
        let key = user.map(|user| user.id);
        let is_known = self.sign_ins.is_known(key, network, self.known_since()).await? || device.is_some();
        let account = match user {
            Some(user) => user.user_id.key().to_owned(),
            None => self.unknown_account_key(attempt.claimed.typed()),
        };
        let source = device.map_or(Source::Address(network), Source::Device);
        Ok((self.begin_attempt(account, source, is_known).await?, is_known))
    }

    /// Compares the password and, if it is right, opens a session. Repeats both if the stored hash was replaced during
    /// the comparison: the password may be wrong by now, or only rehashed. Repeats both after it restored the account, too.
    async fn compare_and_open(
        &self,
        attempt: &SignInAttempt,
        mut stored: SignInCredentials,
        device: Option<DeviceId>,
        is_known: bool,
        caller: &Weak<()>,
    ) -> Result<SignInOutcome, LoginError> {
        for _ in 0..MAX_COMPARISONS {
            let comparison = Comparison {
                password: attempt.password.clone(),
                hash: stored.account.as_ref().map(|account| account.password_hash.clone()),
                highest_cost: stored.highest_hash_cost,
            };
            let caller = caller.clone();
            let form = self.hasher.find_hashed(comparison, move || caller.strong_count() > 0).await?;
            let (Some(account), Some(form)) = (stored.account, form) else {
                return Ok(SignInOutcome::WrongCredentials);
            };
            let is_unverified = self.requires_verified_email && account.user.email_verified_at.is_none();
            if is_unverified && account.user.is_active {
                return Ok(SignInOutcome::Unverified);
            }
            let refresh = RefreshToken::new(self.ids.refresh_token());
            let mut session = self.new_session(&account.user, &refresh, attempt.origin.clone());
            if !is_known {
                session.messages.extend(self.new_device_notice(&account.user, &attempt.origin));
            }
            match self.sessions.open(session.clone(), &account.password_hash).await? {
                OpenOutcome::Opened(user) => {
                    let signed_in =
                        self.signed_in(session.id, user, session.expires_at, session.created_at, refresh)?;
                    if form == HashedForm::Typed || self.hasher.needs_rehash(&account.password_hash) {
                        self.rehash_later(account.user.id, attempt.password.clone(), account.password_hash);
                    }
                    let device = device.unwrap_or_else(|| self.ids.device_id());
                    let token = device_token::sign(&self.derived_keys.device, &account.user, device);
                    return Ok(SignInOutcome::SignedIn(Box::new(SignedIn { device_token: Some(token), ..signed_in })));
                }
                OpenOutcome::Inactive => match account.user.restorable_until().filter(|end| self.clock.now() < *end) {
                    None => return Ok(SignInOutcome::Deactivated),
                    Some(end) if !attempt.restore => return Ok(SignInOutcome::DeletionPending(end)),
                    Some(_) => self.restore_account(&account, attempt.origin.clone()).await?,
                },
                OpenOutcome::Stale => {}
            }
            stored = self.accounts.sign_in_credentials(attempt.claimed.id()).await?;
        }
        Err(StoreError::unavailable("the stored password hash was replaced during every comparison").into())
    }

    /// Settles a counted attempt, and records a rejection. Only a wrong password counts as a failure.
    async fn settle(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
        counted: CountedAttempt,
        outcome: &Result<SignInOutcome, LoginError>,
    ) -> Result<(), StoreError> {
        match outcome {
            Ok(SignInOutcome::SignedIn(signed_in)) => {
                // The session is open, so an attempt that cannot be confirmed only counts until it lapses.
                if let Err(error) = self.confirm_attempt(counted).await {
                    tracing::warn!(%error, user = %signed_in.user.id, "failed attempts were not reset at a sign-in");
                }
                Ok(())
            }
            Ok(SignInOutcome::WrongCredentials) => {
                // The response reveals that the password is wrong, so the failure must be counted first.
                self.fail_attempt(counted).await?;
                let reason = if user.is_some() { FailureReason::WrongPassword } else { FailureReason::UnknownUser };
                self.record(attempt, user, reason, None).await
            }
            Ok(SignInOutcome::Deactivated | SignInOutcome::DeletionPending(_)) => {
                self.roll_back_attempt(counted).await;
                self.record(attempt, user, FailureReason::Inactive, None).await
            }
            Ok(SignInOutcome::Unverified) => {
                self.roll_back_attempt(counted).await;
                self.record(attempt, user, FailureReason::Unverified, None).await?;
                self.mail_verification_after(attempt, user).await
            }
            Ok(SignInOutcome::Locked(_)) | Err(_) => {
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
        notice: Option<NewMessage>,
    ) -> Result<(), StoreError> {
        let (at, user) = (self.clock.now(), user.map(|user| user.id));
        let messages = notice.into_iter().collect();
        self.sign_ins.record(FailedSignIn { at, user, reason, origin: attempt.origin.clone(), messages }).await
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
            messages: Vec::new(),
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
