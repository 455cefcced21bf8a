use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use steward_domain::policy::Denied;
use steward_domain::{
    Email, Invitation, InvitationState, Locale, Origin, Password, Role, UnboundLink, UserId, WeakPassword,
};

use crate::bodies::PasswordWeakness;

use super::{CreateUserError, CreatedUser, RequestedUser};

/// Operations on passwords, new accounts and invitations that other services request from the auth service, which alone
/// has the keys.
#[async_trait(?Send)]
pub trait Credentials {
    /// Sets a password for `target` that must be changed at the next sign-in: `password`, or a generated one.
    ///
    /// - MUST authenticate `caller` (a bearer token) and check the permissions of its user.
    /// - MUST refuse a `password` that the password policy rejects.
    /// - MUST end every session of the target and add the audit entry in the same transaction.
    async fn reset_password(
        &self,
        caller: &str,
        target: &UserId,
        password: Option<Password>,
        origin: &Origin,
    ) -> Result<PasswordReset, CredentialsError>;

    /// Sets a random password for `target` that nothing returns, and mails a link with which the user sets another one.
    ///
    /// - The requirements are those of [`Credentials::reset_password`].
    /// - MUST add the mail in the same transaction. MUST change nothing if the deployment sends no mails, or if the account
    ///   is inactive.
    async fn send_password_link(
        &self,
        caller: &str,
        target: &UserId,
        origin: &Origin,
    ) -> Result<PasswordLink, CredentialsError>;

    /// Generates the link of a mail that another service adds to the outbox. The token stays in the auth service, which
    /// derives it again to send the mail.
    async fn generate_link(&self) -> Result<UnboundLink, CredentialsError>;

    /// Sends an invitation to create an account with this address and role, in the language `locale`.
    ///
    /// - MUST authenticate `caller` (a bearer token) and check the permissions of its user.
    /// - MUST add the audit entry and the mail in the same transaction.
    async fn invite(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
        origin: &Origin,
    ) -> Result<Invitation, InviteError>;

    /// Sends an invitation again. The new link supersedes the old one. The requirements are those of
    /// [`Credentials::invite`].
    async fn resend_invitation(&self, caller: &str, id: i64, origin: &Origin) -> Result<Invitation, InviteError>;

    /// Creates an account. Its user must change a password that the administrator knows.
    ///
    /// - MUST authenticate `caller` (a bearer token) and check the permissions of its user.
    /// - MUST refuse a password that the password policy rejects.
    /// - MUST add the audit entry and the mails in the same transaction.
    async fn create_user(
        &self,
        caller: &str,
        user: RequestedUser,
        origin: &Origin,
    ) -> Result<CreatedUser, CreateUserError>;
}

/// The result of a password reset.
#[derive(Debug, Clone)]
pub struct PasswordReset {
    /// The user, with the original spelling of the user id.
    pub user_id: UserId,
    /// The new password. It is shown once, to the user who reset it.
    pub temporary_password: Password,
}

/// A mailed link with which a user sets a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// The user, with the original spelling of the user id.
    pub user_id: UserId,
    /// The address that the mail goes to.
    pub recipient: Email,
}

/// A password that the password policy rejects.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct PasswordRejection {
    /// The reason, in words that continue the field's name.
    pub reason: String,
    /// The reason by its parts.
    #[serde(default)]
    pub weaknesses: Vec<PasswordWeakness>,
}

impl From<WeakPassword> for PasswordRejection {
    fn from(weak: WeakPassword) -> Self {
        Self { reason: weak.reason, weaknesses: weak.weaknesses.into_iter().map(PasswordWeakness::from).collect() }
    }
}

/// The reason why a password was not reset.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CredentialsError {
    /// The caller's token is not valid.
    #[error("the token is not valid")]
    Unauthenticated,
    /// The caller lacks the permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The user does not exist.
    #[error("no such user")]
    NotFound,
    /// The password policy rejects the password.
    #[error("the password {0}")]
    WeakPassword(PasswordRejection),
    /// The deployment sends no mails.
    #[error("the deployment sends no mails")]
    MailOff,
    /// The account is inactive, so a link would not work.
    #[error("the account is inactive")]
    Inactive,
    /// The queue of passwords to hash is full.
    #[error("the queue of passwords to hash is full")]
    Overloaded,
    /// The reset could not be completed. The cause is for the log.
    #[error("the password could not be reset: {0}")]
    Unavailable(String),
}

/// The reason why an invitation was not sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum InviteError {
    /// The caller's token is not valid.
    #[error("the token is not valid")]
    Unauthenticated,
    /// The caller lacks the permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The deployment sends no mails.
    #[error("the deployment sends no mails")]
    MailOff,
    /// A user has the address.
    #[error("a user has the address")]
    Registered,
    /// Another invitation for the address is pending.
    #[error("another invitation for the address is pending")]
    Pending,
    /// The invitation does not exist.
    #[error("no such invitation")]
    NotFound,
    /// The invitation was accepted or revoked.
    #[error("the invitation is {}", .0.as_str())]
    Closed(InvitationState),
    /// The invitation could not be sent. The cause is for the log.
    #[error("the invitation could not be sent: {0}")]
    Unavailable(String),
}

#[async_trait(?Send)]
impl<T: Credentials + ?Sized> Credentials for Arc<T> {
    async fn reset_password(
        &self,
        caller: &str,
        target: &UserId,
        password: Option<Password>,
        origin: &Origin,
    ) -> Result<PasswordReset, CredentialsError> {
        (**self).reset_password(caller, target, password, origin).await
    }

    async fn send_password_link(
        &self,
        caller: &str,
        target: &UserId,
        origin: &Origin,
    ) -> Result<PasswordLink, CredentialsError> {
        (**self).send_password_link(caller, target, origin).await
    }

    async fn generate_link(&self) -> Result<UnboundLink, CredentialsError> {
        (**self).generate_link().await
    }

    async fn invite(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        (**self).invite(caller, address, role, locale, origin).await
    }

    async fn resend_invitation(&self, caller: &str, id: i64, origin: &Origin) -> Result<Invitation, InviteError> {
        (**self).resend_invitation(caller, id, origin).await
    }

    async fn create_user(
        &self,
        caller: &str,
        user: RequestedUser,
        origin: &Origin,
    ) -> Result<CreatedUser, CreateUserError> {
        (**self).create_user(caller, user, origin).await
    }
}
