//! Changes the password of the signed-in user.

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{AccountCredentials, PasswordChange, PasswordChangeError, StoreError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, Invalid, MailContent, NewMessage, Origin, Password, PasswordAttempt,
    PasswordHash, Record,
};

use crate::AuthService;
use crate::attempts::{AttemptError, CountedAttempt, run_to_completion};
use crate::hashing::HashingError;
use crate::password_strength::PersonalData;

/// Errors of [`AuthService::change_password`].
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The submitted current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new password equals the current one.
    #[error("the new password equals the current one")]
    SamePassword,
    /// The policy rejects the new password, for this reason.
    #[error("the new password {0}")]
    WeakPassword(Invalid),
    /// Too many attempts at the current password failed; the time until the next attempt is allowed.
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

impl From<AttemptError> for ChangePasswordError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Locked { wait, .. } => Self::Locked(wait),
            AttemptError::Store(error) => Self::Store(error),
        }
    }
}

impl AuthService {
    /// Sets the password of the session's user to `new` and ends the user's other sessions. The acting session stays,
    /// with its tokens.
    ///
    /// Requires the current password, so that a stolen session does not give control of the account.
    pub async fn change_password(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        current: &PasswordAttempt,
        new: Password,
        origin: &Origin,
    ) -> Result<(), ChangePasswordError> {
        // These checks are cheap and reveal nothing about the current password.
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
            let notice = NewMessage::to(&session.user, MailContent::PasswordChanged { origin: origin.clone() });
            let record = Record::from(entry).with_notice(self.mail_policy(), notice);
            match self.accounts.change_password(change, record).await {
                Ok(_) => return Ok(()),
                Err(PasswordChangeError::ActorGone) => return Err(ChangePasswordError::SignedOut),
                Err(PasswordChangeError::Store(error)) => return Err(error.into()),
                // The hash was replaced concurrently, so `current` must be verified against the new hash.
                Err(PasswordChangeError::Stale) => {}
            }
        }
    }

    /// Returns the hash of the user's password if `current` matches it. The attempt counts like a sign-in attempt.
    pub(crate) async fn check_current_password(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        current: &PasswordAttempt,
    ) -> Result<PasswordHash, ChangePasswordError> {
        let account = self.accounts.credentials(&session.user.user_id).await?;
        let Some(AccountCredentials { password_hash, .. }) = account else {
            return Err(ChangePasswordError::SignedOut);
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
    ) -> Result<PasswordHash, ChangePasswordError> {
        match self.hasher.verify(current, Some(hash.clone())).await {
            Ok(true) => {
                self.confirm_attempt(attempt).await?;
                Ok(hash)
            }
            Ok(false) => {
                self.fail_attempt(attempt).await?;
                Err(ChangePasswordError::WrongPassword)
            }
            Err(error) => {
                self.roll_back_attempt(attempt).await;
                Err(error.into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
