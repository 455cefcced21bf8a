use async_trait::async_trait;
use steward_domain::policy::Denied;
use steward_domain::{Invalid, Origin, Password, UserId};

use super::{CallError, ServiceClient, ServiceSettings, call::Repeat};
use crate::services::internal::{RESET_PASSWORD, ResetPasswordCall, ResetPasswordOutcome};
use crate::services::{Credentials, CredentialsError, PasswordReset};

/// Requests password operations from the auth service.
pub struct HttpCredentials(ServiceClient);

impl HttpCredentials {
    /// Creates an adapter for the current worker thread.
    pub fn new(settings: ServiceSettings) -> Self {
        Self(ServiceClient::new(settings))
    }
}

#[async_trait(?Send)]
impl Credentials for HttpCredentials {
    async fn reset_password(
        &self,
        caller: &str,
        target: &UserId,
        password: Option<Password>,
        origin: &Origin,
    ) -> Result<PasswordReset, CredentialsError> {
        let call = ResetPasswordCall {
            caller: caller.to_owned(),
            target: target.to_string(),
            password: password.map(|password| password.expose().to_owned()),
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
        };
        match self.0.post(RESET_PASSWORD, &call, Repeat::Never).await? {
            ResetPasswordOutcome::Reset { user_id, temporary_password } => Ok(PasswordReset {
                user_id: UserId::parse(&user_id)?,
                temporary_password: Password::parse(&temporary_password)?,
            }),
            ResetPasswordOutcome::Unauthenticated => Err(CredentialsError::Unauthenticated),
            ResetPasswordOutcome::Denied { code } => Err(Denied::from_code(&code).map_or_else(
                || CredentialsError::Unavailable(format!("the auth service denied it for an unknown reason: {code}")),
                CredentialsError::Denied,
            )),
            ResetPasswordOutcome::NotFound => Err(CredentialsError::NotFound),
            ResetPasswordOutcome::WeakPassword { reason } => Err(CredentialsError::WeakPassword(Invalid::new(reason))),
            ResetPasswordOutcome::Overloaded => Err(CredentialsError::Overloaded),
        }
    }
}

impl From<CallError> for CredentialsError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Invalid> for CredentialsError {
    fn from(error: Invalid) -> Self {
        Self::Unavailable(format!("the auth service returned an invalid response: {error}"))
    }
}
