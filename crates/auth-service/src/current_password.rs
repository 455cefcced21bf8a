//! Compares the password of the signed-in user, before a change for which a stolen session must not suffice.

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{AccountCredentials, StoreError};
use steward_domain::{AuthenticatedSession, PasswordAttempt, PasswordHash};

use crate::AuthService;
use crate::attempts::{AttemptError, CountedAttempt, run_to_completion};
use crate::hashing::HashingError;

/// The reason why the password of the signed-in user was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CurrentPasswordError {
    /// The submitted password is wrong.
    #[error("the current password is wrong")]
    Wrong,
    /// Too many attempts failed; the time until the next attempt is allowed.
    #[error("too many failed attempts; try again later")]
    Locked(Duration),
    /// The session is no longer valid.
    #[error("the acting session is no longer valid")]
    SignedOut,
    /// A password could not be hashed or verified.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AttemptError> for CurrentPasswordError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Locked { wait, .. } => Self::Locked(wait),
            AttemptError::Store(error) => Self::Store(error),
        }
    }
}

impl AuthService {
    /// Returns the hash of the user's password if `current` matches it. The attempt counts like a sign-in attempt.
    pub(crate) async fn check_current_password(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        current: &PasswordAttempt,
    ) -> Result<PasswordHash, CurrentPasswordError> {
        let account = self.accounts.credentials(&session.user.user_id).await?;
        let Some(AccountCredentials { password_hash, .. }) = account else {
            return Err(CurrentPasswordError::SignedOut);
        };
        let (service, session, current) = (Arc::clone(self), session.clone(), current.clone());
        run_to_completion(async move {
            let attempt = service.begin_attempt_in_session(&session).await?;
            service.compare_current_password(attempt, current, password_hash).await
        })
        .await?
    }

    async fn compare_current_password(
        &self,
        attempt: CountedAttempt,
        current: PasswordAttempt,
        hash: PasswordHash,
    ) -> Result<PasswordHash, CurrentPasswordError> {
        match self.hasher.verify(current, Some(hash.clone())).await {
            Ok(true) => {
                self.confirm_attempt(attempt).await?;
                Ok(hash)
            }
            Ok(false) => {
                self.fail_attempt(attempt).await?;
                Err(CurrentPasswordError::Wrong)
            }
            Err(error) => {
                self.roll_back_attempt(attempt).await;
                Err(error.into())
            }
        }
    }
}
