//! Changes the password of the signed-in user.

use std::sync::Arc;

use steward_domain::ports::{PasswordChange, PasswordChangeError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, MailContent, NewMessage, Origin, Password, PasswordAttempt, Record,
    WeakPassword,
};

use crate::AuthService;
use crate::current_password::CurrentPasswordError;
use crate::password_strength::PersonalData;

/// Errors of [`AuthService::change_password`].
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password was not accepted, the session has ended, or the service failed.
    #[error(transparent)]
    Current(#[from] CurrentPasswordError),
    /// The new password equals the current one.
    #[error("the new password equals the current one")]
    SamePassword,
    /// The policy rejects the new password.
    #[error("the new password {0}")]
    WeakPassword(WeakPassword),
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
        let strength = self.password_strength(new.expose().into(), PersonalData::from(&session.user)).await;
        let report = strength.map_err(CurrentPasswordError::from)?;
        report.into_result().map_err(ChangePasswordError::WeakPassword)?;
        loop {
            let old = self.check_current_password(session, current).await?;
            let new = self.hasher.hash(new.clone().into()).await.map_err(CurrentPasswordError::from)?;
            let user = session.user.user_id.clone();
            let entry =
                AuditEntry::by(&session.actor(), Action::PasswordChanged, &user, self.clock.now(), origin.clone())
                    .with_details("every other session ended");
            let change = PasswordChange { user, session: session.id, old, new };
            let notice = NewMessage::to(&session.user, MailContent::PasswordChanged { origin: origin.clone() });
            let record = Record::from(entry).with_notice(self.mail_policy(), notice);
            match self.accounts.change_password(change, record).await {
                Ok(_) => return Ok(()),
                Err(PasswordChangeError::ActorGone) => return Err(CurrentPasswordError::SignedOut.into()),
                Err(PasswordChangeError::Store(error)) => return Err(CurrentPasswordError::from(error).into()),
                // The hash was replaced concurrently, so `current` must be verified against the new hash.
                Err(PasswordChangeError::Stale) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
