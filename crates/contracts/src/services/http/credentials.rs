use async_trait::async_trait;
use steward_domain::policy::Denied;
use steward_domain::{Email, Invalid, Invitation, Origin, Password, Role, UserId};

use super::{CallError, ServiceClient, ServiceSettings, call::Repeat};
use crate::services::internal::{
    INVITE, InviteCall, InviteOutcome, RESEND_INVITATION, RESET_PASSWORD, ResendInvitationCall, ResetPasswordCall,
    ResetPasswordOutcome,
};
use crate::services::{Credentials, CredentialsError, InviteError, PasswordReset};

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
            ResetPasswordOutcome::WeakPassword(rejection) => Err(CredentialsError::WeakPassword(rejection)),
            ResetPasswordOutcome::Overloaded => Err(CredentialsError::Overloaded),
        }
    }

    async fn invite(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        let call = InviteCall {
            caller: caller.to_owned(),
            email: address.to_string(),
            role: role.into(),
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
        };
        into_invitation(self.0.post(INVITE, &call, Repeat::Never).await?)
    }

    async fn resend_invitation(&self, caller: &str, id: i64, origin: &Origin) -> Result<Invitation, InviteError> {
        let call = ResendInvitationCall {
            caller: caller.to_owned(),
            id,
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
        };
        into_invitation(self.0.post(RESEND_INVITATION, &call, Repeat::Never).await?)
    }
}

fn into_invitation(outcome: InviteOutcome) -> Result<Invitation, InviteError> {
    match outcome {
        InviteOutcome::Invited { invitation } => invitation.try_into().map_err(|error: Invalid| {
            InviteError::Unavailable(format!("the auth service returned an invalid response: {error}"))
        }),
        InviteOutcome::Unauthenticated => Err(InviteError::Unauthenticated),
        InviteOutcome::Denied { code } => Err(Denied::from_code(&code).map_or_else(
            || InviteError::Unavailable(format!("the auth service denied it for an unknown reason: {code}")),
            InviteError::Denied,
        )),
        InviteOutcome::MailOff => Err(InviteError::MailOff),
        InviteOutcome::Registered => Err(InviteError::Registered),
        InviteOutcome::Pending => Err(InviteError::Pending),
        InviteOutcome::NotFound => Err(InviteError::NotFound),
        InviteOutcome::Closed { state } => Err(InviteError::Closed(state.into())),
    }
}

impl From<CallError> for CredentialsError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<CallError> for InviteError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Invalid> for CredentialsError {
    fn from(error: Invalid) -> Self {
        Self::Unavailable(format!("the auth service returned an invalid response: {error}"))
    }
}
