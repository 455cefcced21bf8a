use std::sync::Arc;

use async_trait::async_trait;
use steward_domain::policy::Denied;
use steward_domain::{Invalid, Origin, Password, UserId};

/// What other services may ask of the auth service about passwords.
#[async_trait(?Send)]
pub trait Credentials {
    /// Gives `target` another password (`password`, or one that is made up), to be changed at the next sign-in.
    ///
    /// MUST check `caller` (a bearer token) and what its user may do by itself, MUST refuse a `password` that the
    /// password policy does not take, MUST end every session of the target and MUST add the audit entry in the same
    /// transaction.
    async fn reset_password(
        &self,
        caller: &str,
        target: &UserId,
        password: Option<Password>,
        origin: &Origin,
    ) -> Result<PasswordReset, CredentialsError>;
}

/// A password that was reset.
#[derive(Debug, Clone)]
pub struct PasswordReset {
    /// Whose it is, as the user id is written.
    pub user_id: UserId,
    /// What it is now. Told once, to whoever reset it.
    pub temporary_password: Password,
}

/// Why a password was not reset.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CredentialsError {
    /// The caller's token is not valid.
    #[error("the token is not valid")]
    Unauthenticated,
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such user.
    #[error("no such user")]
    NotFound,
    /// The password is not good enough; why.
    #[error("the password {0}")]
    WeakPassword(Invalid),
    /// More passwords wait to be hashed than can be soon.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded,
    /// Whoever knows could not be asked. The cause is for the log.
    #[error("could not be done: {0}")]
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
