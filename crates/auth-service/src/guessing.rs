//! Counts a guess at a password before it is compared, and settles it afterwards.
//!
//! A use case that compares a password begins with [`AuthService::begin_attempt`] and ends with one of `confirm_attempt`,
//! `fail_attempt` and `roll_back_attempt`. It does both in [`to_the_end`]: a caller that hangs up gets no guess for
//! nothing, and leaves no guess undecided. A guess that is not settled, because the process ends or storage does not answer, lapses.

mod in_flight;

use std::future::Future;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use steward_domain::lockout::{LockoutRules, Source};
use steward_domain::ports::{Admission, Attempt, StoreError};
use steward_domain::{AuthenticatedSession, Timestamp};
use tracing::Instrument;

use crate::AuthService;
use crate::hashing::HashingError;
use in_flight::Candidate;
pub(crate) use in_flight::InFlight;

/// Why a password is not to be compared.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// Too many guesses failed before.
    #[error("too many guesses failed; the next one may be made in {} s", .wait.as_secs())]
    Locked {
        /// How long until it is worth trying again.
        wait: Duration,
        /// Whether this is the first guess that the lock turned away.
        first: bool,
    },
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A guess that was counted, and is compared now.
#[derive(Debug)]
#[must_use = "a guess that is not settled counts until it lapses"]
pub struct CountedAttempt {
    attempt: Attempt,
    candidate: Candidate,
}

impl AuthService {
    /// Counts a guess at the password of the session's own user, which is asked for although they are signed in.
    ///
    /// Whoever stole a session counts by that session, wherever they are, and so locks nobody else out.
    pub async fn begin_attempt_in_session(
        &self,
        session: &AuthenticatedSession,
    ) -> Result<CountedAttempt, AttemptError> {
        self.begin_attempt(session.user.user_id.key().to_owned(), Source::Session(session.id), true).await
    }

    /// Counts a guess at the password of `account` by `source`, which the owner is known to have signed in from or not.
    pub(crate) async fn begin_attempt(
        &self,
        account: String,
        source: Source,
        is_known: bool,
    ) -> Result<CountedAttempt, AttemptError> {
        let mut candidate = self.in_flight.candidate(&account, &source);
        let mut attempt = Attempt { account, source, counts_for_account: !is_known, at: self.clock.now() };
        let mut is_first = false;
        loop {
            candidate.ask();
            attempt.at = self.clock.now();
            match self.login_attempts.begin(&attempt, &self.lockout).await? {
                Admission::Admitted => {
                    candidate.compare();
                    return Ok(CountedAttempt { attempt, candidate });
                }
                Admission::Refused { first, .. } if candidate.had_company() => {
                    is_first |= first;
                    candidate.wait().await;
                }
                Admission::Refused { until, first } => {
                    let wait = (until - attempt.at).to_std().unwrap_or_default();
                    return Err(AttemptError::Locked { wait, first: first || is_first });
                }
            }
        }
    }

    /// The password was right: what its source failed before is forgotten.
    pub async fn confirm_attempt(&self, guess: CountedAttempt) -> Result<(), StoreError> {
        self.login_attempts.succeed(&guess.attempt, &self.lockout).await?;
        guess.candidate.make_room();
        Ok(())
    }

    /// The password was wrong: the guess counts.
    pub async fn fail_attempt(&self, guess: CountedAttempt) -> Result<(), StoreError> {
        self.login_attempts.fail(&guess.attempt, &self.lockout).await
    }

    /// The password was not compared, or the answer is unknown, or it was right and opens nothing: as if it had not been
    /// tried. Where storage does not take that, the guess lapses.
    pub async fn roll_back_attempt(&self, guess: CountedAttempt) {
        if let Err(error) = self.login_attempts.take_back(&guess.attempt, &self.lockout).await {
            tracing::warn!(%error, "an undecided attempt to sign in counts until it lapses");
        }
        guess.candidate.make_room();
    }

    /// Since when a sign-in makes an address known.
    pub(crate) fn known_since(&self) -> Timestamp {
        self.clock.now() - LockoutRules::ADDRESS_KNOWN_FOR
    }

    /// What stands for an id that is nobody's: no user's id, and no way back to what was typed, which may have been a
    /// password.
    pub(crate) fn unknown_account_key(&self, typed: &str) -> String {
        let tag = self.derived_keys.nobody.current.tag(&[typed.to_lowercase().as_bytes()]);
        format!("?{}", URL_SAFE_NO_PAD.encode(&tag[..16]))
    }
}

/// Runs `work` to its end, also if the caller hangs up meanwhile.
pub(crate) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, HashingError> {
    let task = tokio::spawn(work.in_current_span());
    task.await.map_err(|error| HashingError::Failed(format!("a password was not compared: {error}")))
}
