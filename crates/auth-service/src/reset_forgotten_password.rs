//! Sets a new password with the link of a mail.

use steward_domain::ports::{LinkUseError, StoreError};
use steward_domain::{
    Action, AuditEntry, Email, LinkAction, LinkPurpose, MailContent, NewMessage, Origin, Password, Record, User,
    WeakPassword,
};

use crate::AuthService;
use crate::hashing::HashingError;
use crate::link_token::LinkToken;
use crate::password_strength::{PersonalData, UnusablePassword};

/// Errors of [`AuthService::reset_forgotten_password`].
#[derive(Debug, thiserror::Error)]
pub enum ResetForgottenPasswordError {
    /// The link cannot be used.
    #[error(transparent)]
    Link(#[from] LinkUseError),
    /// The policy rejects the new password.
    #[error("the new password {0}")]
    WeakPassword(WeakPassword),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl From<StoreError> for ResetForgottenPasswordError {
    fn from(error: StoreError) -> Self {
        Self::Link(error.into())
    }
}

impl From<UnusablePassword> for ResetForgottenPasswordError {
    fn from(error: UnusablePassword) -> Self {
        match error {
            UnusablePassword::Weak(weak) => Self::WeakPassword(weak),
            UnusablePassword::Hashing(error) => Self::Hashing(error),
        }
    }
}

impl AuthService {
    /// Sets the password of the account that the link belongs to, and ends every session. Restores an account that its
    /// user deleted.
    ///
    /// A link that is not valid is rejected before the password is checked and hashed, whatever the reason.
    pub async fn reset_forgotten_password(
        &self,
        token: &LinkToken,
        new: Password,
        origin: Origin,
    ) -> Result<(), ResetForgottenPasswordError> {
        let token = token.hash();
        let user = self.links.find(&token, LinkPurpose::ResetPassword, self.clock.now()).await?;
        let hash = self.hash_chosen(new, PersonalData::from(&user)).await?;
        let (now, policy) = (self.clock.now(), self.mail_policy());
        let decide = move |user: &User, _: &Email| {
            let details =
                if user.is_active { "every session ended" } else { "every session ended; the account is restored" };
            let entry =
                AuditEntry::by_owner(user, Action::PasswordResetByLink, now, origin.clone()).with_details(details);
            Record::from(entry).with_notice(policy, NewMessage::to(user, MailContent::PasswordChanged { origin }))
        };
        self.links.consume(&token, LinkAction::ResetPassword(hash), now, Box::new(decide)).await?;
        Ok(())
    }
}
