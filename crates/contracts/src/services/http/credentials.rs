use async_trait::async_trait;
use steward_domain::policy::Denied;
use steward_domain::ports::UniqueKey;
use steward_domain::{Email, Invalid, Invitation, Locale, Origin, Password, Role, UnboundLink, UserId};

use super::{CallError, ServiceClient, ServiceSettings, call::Repeat};
use crate::services::internal::{
    CREATE_USER, CreateUserCall, CreateUserOutcome, FirstPasswordBody, GENERATE_LINK, GeneratedLink, INVITE,
    InviteCall, InviteOutcome, RESEND_INVITATION, RESET_PASSWORD, ResendInvitationCall, ResetPasswordCall,
    ResetPasswordOutcome, SEND_PASSWORD_LINK, SendPasswordLinkCall,
};
use crate::services::{
    CreateUserError, CreatedUser, Credentials, CredentialsError, FirstPassword, InviteError, PasswordLink,
    PasswordReset, RequestedUser,
};

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
            outcome => Err(into_error(outcome)),
        }
    }

    async fn send_password_link(
        &self,
        caller: &str,
        target: &UserId,
        origin: &Origin,
    ) -> Result<PasswordLink, CredentialsError> {
        let call = SendPasswordLinkCall {
            caller: caller.to_owned(),
            target: target.to_string(),
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
        };
        match self.0.post(SEND_PASSWORD_LINK, &call, Repeat::Never).await? {
            ResetPasswordOutcome::LinkSent { user_id, recipient } => {
                Ok(PasswordLink { user_id: UserId::parse(&user_id)?, recipient: Email::from_stored(recipient) })
            }
            outcome => Err(into_error(outcome)),
        }
    }

    async fn generate_link(&self) -> Result<UnboundLink, CredentialsError> {
        let link: GeneratedLink = self.0.post(GENERATE_LINK, &(), Repeat::Never).await?;
        Ok(UnboundLink::try_from(link)?)
    }

    async fn invite(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        let call = InviteCall {
            caller: caller.to_owned(),
            email: address.to_string(),
            role: role.into(),
            locale: locale.map(|locale| locale.to_string()),
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

    async fn create_user(
        &self,
        caller: &str,
        user: RequestedUser,
        origin: &Origin,
    ) -> Result<CreatedUser, CreateUserError> {
        let call = CreateUserCall {
            caller: caller.to_owned(),
            user_id: user.user_id.to_string(),
            email: user.email.to_string(),
            name: user.name.to_string(),
            role: user.role.into(),
            is_active: user.is_active,
            first_password: match user.first_password {
                FirstPassword::Generated => FirstPasswordBody::Generated,
                FirstPassword::Chosen(password) => FirstPasswordBody::Chosen(password.expose().to_owned()),
                FirstPassword::ByMail => FirstPasswordBody::ByMail,
            },
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
        };
        into_created_user(self.0.post(CREATE_USER, &call, Repeat::Never).await?)
    }
}

/// Returns the denial with this code, or the text for the log if this release does not know it.
fn denial(code: &str) -> Result<Denied, String> {
    Denied::from_code(code).ok_or_else(|| format!("the auth service denied it for an unknown reason: {code}"))
}

fn into_created_user(outcome: CreateUserOutcome) -> Result<CreatedUser, CreateUserError> {
    match outcome {
        CreateUserOutcome::Created { user, temporary_password } => Ok(CreatedUser {
            user: user.into_user(true)?,
            temporary_password: temporary_password.as_deref().map(Password::parse).transpose()?,
        }),
        CreateUserOutcome::Unauthenticated => Err(CreateUserError::Unauthenticated),
        CreateUserOutcome::Denied { code } => {
            Err(denial(&code).map_or_else(CreateUserError::Unavailable, CreateUserError::Denied))
        }
        CreateUserOutcome::UserIdTaken => Err(CreateUserError::Taken(UniqueKey::UserId)),
        CreateUserOutcome::EmailTaken => Err(CreateUserError::Taken(UniqueKey::Email)),
        CreateUserOutcome::ReservedId => Err(CreateUserError::ReservedId),
        CreateUserOutcome::WeakPassword(rejection) => Err(CreateUserError::WeakPassword(rejection)),
        CreateUserOutcome::MailOff => Err(CreateUserError::MailOff),
        CreateUserOutcome::Overloaded => Err(CreateUserError::Overloaded),
    }
}

fn into_error(outcome: ResetPasswordOutcome) -> CredentialsError {
    match outcome {
        ResetPasswordOutcome::Unauthenticated => CredentialsError::Unauthenticated,
        ResetPasswordOutcome::Denied { code } => {
            denial(&code).map_or_else(CredentialsError::Unavailable, CredentialsError::Denied)
        }
        ResetPasswordOutcome::NotFound => CredentialsError::NotFound,
        ResetPasswordOutcome::WeakPassword(rejection) => CredentialsError::WeakPassword(rejection),
        ResetPasswordOutcome::MailOff => CredentialsError::MailOff,
        ResetPasswordOutcome::Inactive => CredentialsError::Inactive,
        ResetPasswordOutcome::Overloaded => CredentialsError::Overloaded,
        ResetPasswordOutcome::Reset { .. } | ResetPasswordOutcome::LinkSent { .. } => {
            CredentialsError::Unavailable("the auth service returned the result of another call".to_owned())
        }
    }
}

fn into_invitation(outcome: InviteOutcome) -> Result<Invitation, InviteError> {
    match outcome {
        InviteOutcome::Invited { invitation } => invitation.try_into().map_err(|error: Invalid| {
            InviteError::Unavailable(format!("the auth service returned an invalid response: {error}"))
        }),
        InviteOutcome::Unauthenticated => Err(InviteError::Unauthenticated),
        InviteOutcome::Denied { code } => Err(denial(&code).map_or_else(InviteError::Unavailable, InviteError::Denied)),
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

impl From<CallError> for CreateUserError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Invalid> for CreateUserError {
    fn from(error: Invalid) -> Self {
        Self::Unavailable(format!("the auth service returned an invalid response: {error}"))
    }
}

impl From<Invalid> for CredentialsError {
    fn from(error: Invalid) -> Self {
        Self::Unavailable(format!("the auth service returned an invalid response: {error}"))
    }
}
