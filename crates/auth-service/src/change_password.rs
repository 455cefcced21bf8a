//! Gives a user the password that they chose themself.

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{AccountCredentials, PasswordChange, PasswordChangeError, StoreError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, Invalid, Origin, Password, PasswordAttempt, PasswordHash,
};

use crate::AuthService;
use crate::guessing::{AttemptError, CountedAttempt, to_the_end};
use crate::hashing::HashingError;
use crate::password_strength::PersonalData;

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// What was said to be the current password is not.
    #[error("the current password is another one")]
    WrongPassword,
    /// The new password is the current one.
    #[error("the new password is the current one")]
    SamePassword,
    /// The new password is not good enough; why.
    #[error("the new password {0}")]
    WeakPassword(Invalid),
    /// Too many guesses at the current password failed before: how long until the next may be made.
    #[error("too many guesses failed before")]
    Locked(Duration),
    /// The session ended meanwhile.
    #[error("the session is over")]
    SignedOut,
    /// A password could be neither hashed nor checked.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AttemptError> for ChangePasswordError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Locked { wait, .. } => Self::Locked(wait),
            AttemptError::Store(error) => Self::Store(error),
        }
    }
}

impl AuthService {
    /// Replaces the password of the session's user by `new`, and ends their other sessions. This one stays, and so does
    /// what belongs to it.
    ///
    /// Whoever took over a session does not get the account with it: the current password is asked for, too.
    pub async fn change_password(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        current: &PasswordAttempt,
        new: Password,
        origin: &Origin,
    ) -> Result<(), ChangePasswordError> {
        // First what costs little and tells nothing of the current password.
        if new.expose() == current.expose() {
            return Err(ChangePasswordError::SamePassword);
        }
        let report = self.password_strength(new.expose().into(), PersonalData::from(&session.user)).await?;
        report.into_result().map_err(ChangePasswordError::WeakPassword)?;
        loop {
            let old = self.check_current_password(session, current).await?;
            let new = self.hasher.hash(new.clone().into()).await?;
            let user = session.user.user_id.clone();
            let entry =
                AuditEntry::by(&session.actor(), Action::PasswordChanged, &user, self.clock.now(), origin.clone())
                    .with_details("every other session ended");
            let change = PasswordChange { user, session: session.id, old, new };
            match self.accounts.change_password(change, entry).await {
                Ok(_) => return Ok(()),
                Err(PasswordChangeError::ActorGone) => return Err(ChangePasswordError::SignedOut),
                Err(PasswordChangeError::Store(error)) => return Err(error.into()),
                // Hashed anew, or changed from this very session: what it is now is to be shown to be known.
                Err(PasswordChangeError::Stale) => {}
            }
        }
    }

    /// The hash of the user's password, if `current` is it. Guesses are counted, like those at a sign-in.
    async fn check_current_password(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        current: &PasswordAttempt,
    ) -> Result<PasswordHash, ChangePasswordError> {
        let account = self.accounts.credentials(&session.user.user_id).await?;
        let Some(AccountCredentials { password_hash, .. }) = account else {
            return Err(ChangePasswordError::SignedOut);
        };
        let (service, session, current) = (Arc::clone(self), session.clone(), current.clone());
        to_the_end(async move {
            let guess = service.begin_attempt_in_session(&session).await?;
            service.compare_current_password(guess, current, password_hash).await
        })
        .await?
    }

    async fn compare_current_password(
        &self,
        guess: CountedAttempt,
        current: PasswordAttempt,
        hash: PasswordHash,
    ) -> Result<PasswordHash, ChangePasswordError> {
        match self.hasher.verify(current, Some(hash.clone())).await {
            Ok(true) => {
                self.confirm_attempt(guess).await?;
                Ok(hash)
            }
            Ok(false) => {
                self.fail_attempt(guess).await?;
                Err(ChangePasswordError::WrongPassword)
            }
            Err(error) => {
                self.roll_back_attempt(guess).await;
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
