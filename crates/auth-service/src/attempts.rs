//! Counts a password attempt before its comparison, and settles it afterwards.
//!
//! A use case that compares a password calls [`AuthService::begin_attempt`] first. After the comparison it calls one of
//! `confirm_attempt`, `fail_attempt` and `roll_back_attempt`. It does all of this in [`run_to_completion`], so that a
//! disconnecting client neither avoids the count nor leaves an attempt undecided. An attempt that is never settled
//! lapses, for example after a crash or an outage of storage.

mod in_flight;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use steward_domain::lockout::{LockoutRules, Source};
use steward_domain::ports::{Admission, Attempt, StoreError};
use steward_domain::{AuthenticatedSession, Timestamp};
use tokio::sync::OwnedRwLockReadGuard;
use tracing::Instrument;

use crate::AuthService;
use crate::hashing::HashingError;
pub(crate) use in_flight::InFlightAttempts;

/// Errors of beginning an attempt.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// Too many attempts failed before.
    #[error("too many failed attempts; the next one is allowed in {} s", .wait.as_secs())]
    Locked {
        /// The time until the next attempt is allowed.
        wait: Duration,
        /// Whether this is the first attempt that the lock rejects.
        first: bool,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An attempt that is counted and may be compared.
#[derive(Debug)]
#[must_use = "an attempt that is not settled counts until it lapses"]
pub struct CountedAttempt {
    attempt: Attempt,
    /// Held until the attempt is settled.
    _group: OwnedRwLockReadGuard<()>,
}

impl AuthService {
    /// Counts an attempt at the password of the session's own user, who is signed in and confirms the password.
    ///
    /// The source is the session, regardless of the address. So attempts with a stolen session lock out that session
    /// only.
    pub async fn begin_attempt_in_session(
        &self,
        session: &AuthenticatedSession,
    ) -> Result<CountedAttempt, AttemptError> {
        self.begin_attempt(session.user.user_id.key().to_owned(), Source::Session(session.id), true).await
    }

    /// Counts an attempt at the password of `account` from `source`. `is_known` states whether the owner has signed in
    /// from this source before.
    ///
    /// Waits for undecided attempts of the same source in this process, if they leave no room for this one.
    pub(crate) async fn begin_attempt(
        &self,
        account: String,
        source: Source,
        is_known: bool,
    ) -> Result<CountedAttempt, AttemptError> {
        let group = self.in_flight.group(&account, &source);
        let shared = Arc::clone(&group).read_owned().await;
        let mut attempt = Attempt { account, source, counts_for_account: !is_known, at: self.clock.now() };
        let is_first = match self.login_attempts.begin(&attempt, &self.lockout).await? {
            Admission::Admitted => return Ok(CountedAttempt { attempt, _group: shared }),
            Admission::Refused { first, .. } => first,
        };
        // Undecided attempts of the group may have caused the refusal. Without them it is final.
        drop(shared);
        let exclusive = group.write_owned().await;
        attempt.at = self.clock.now();
        match self.login_attempts.begin(&attempt, &self.lockout).await? {
            Admission::Admitted => Ok(CountedAttempt { attempt, _group: exclusive.downgrade() }),
            Admission::Refused { until, first } => {
                let wait = (until - attempt.at).to_std().unwrap_or_default();
                Err(AttemptError::Locked { wait, first: first || is_first })
            }
        }
    }

    /// Settles an attempt with the right password: resets the earlier failures of its source.
    pub async fn confirm_attempt(&self, counted: CountedAttempt) -> Result<(), StoreError> {
        self.login_attempts.succeed(&counted.attempt, &self.lockout).await
    }

    /// Settles an attempt with a wrong password: it counts as a failure.
    pub async fn fail_attempt(&self, counted: CountedAttempt) -> Result<(), StoreError> {
        self.login_attempts.fail(&counted.attempt, &self.lockout).await
    }

    /// Removes an attempt from the count: it was not compared, its result is unknown, or the right password did not
    /// sign in. If storage fails, the attempt counts until it lapses.
    pub async fn roll_back_attempt(&self, counted: CountedAttempt) {
        if let Err(error) = self.login_attempts.roll_back(&counted.attempt, &self.lockout).await {
            tracing::warn!(%error, "a sign-in attempt was not rolled back; it counts until it lapses");
        }
    }

    /// Returns the time since which a sign-in makes its address known.
    pub(crate) fn known_since(&self) -> Timestamp {
        self.clock.now() - LockoutRules::ADDRESS_KNOWN_FOR
    }

    /// Returns the account name under which attempts at an unknown id are counted. It is no valid user id. The
    /// submitted text, which may be a password, cannot be recovered from it.
    pub(crate) fn unknown_account_key(&self, typed: &str) -> String {
        let tag = self.derived_keys.unknown_account.current.tag(&[typed.to_lowercase().as_bytes()]);
        format!("?{}", URL_SAFE_NO_PAD.encode(&tag[..16]))
    }
}

/// Runs `work` to completion, even if the caller is dropped.
pub(crate) async fn run_to_completion<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, HashingError> {
    let task = tokio::spawn(work.in_current_span());
    task.await.map_err(|error| HashingError::Failed(format!("a password was not compared: {error}")))
}
