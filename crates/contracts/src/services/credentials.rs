use std::sync::Arc;

use async_trait::async_trait;
use steward_domain::policy::Denied;
use steward_domain::{Invalid, Origin, Password, UserId};

/// Password operations that other services request from the auth service.
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
}

/// The result of a password reset.
#[derive(Debug, Clone)]
pub struct PasswordReset {
    /// The user, with the original spelling of the user id.
    pub user_id: UserId,
    /// The new password. It is shown once, to the user who reset it.
    pub temporary_password: Password,
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
    /// The password policy rejects the password, for this reason.
    #[error("the password {0}")]
    WeakPassword(Invalid),
    /// The queue of passwords to hash is full.
    #[error("the queue of passwords to hash is full")]
    Overloaded,
    /// The reset could not be completed. The cause is for the log.
    #[error("the password could not be reset: {0}")]
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
}
