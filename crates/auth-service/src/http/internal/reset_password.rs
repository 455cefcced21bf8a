use actix_web::HttpResponse;
use actix_web::web::Data;
use steward_contracts::services::internal::{ResetPasswordCall, ResetPasswordOutcome, SendPasswordLinkCall};
use steward_contracts::services::{Credentials, CredentialsError, PasswordLink};
use steward_domain::{Invalid, Origin, Password, UserId};
use steward_web::{ApiError, HttpError, Signed};

use crate::AuthService;

/// Resets a password, for a service that acts for an administrator.
pub(in crate::http) async fn reset_password(
    service: Data<AuthService>,
    Signed(call): Signed<ResetPasswordCall>,
) -> Result<HttpResponse, ApiError> {
    let (target, password) = parse(&call).map_err(|invalid| HttpError::Malformed(invalid.to_string().into()))?;
    let origin = Origin { ip_address: call.ip_address, user_agent: call.user_agent };
    let outcome = match service.reset_password(&call.caller, &target, password, &origin).await {
        Ok(reset) => ResetPasswordOutcome::Reset {
            user_id: reset.user_id.to_string(),
            temporary_password: reset.temporary_password.expose().to_owned(),
        },
        Err(error) => rejection(error)?,
    };
    Ok(HttpResponse::Ok().json(outcome))
}

/// Mails a link to set a password, for a service that acts for an administrator.
pub(in crate::http) async fn send_password_link(
    service: Data<AuthService>,
    Signed(call): Signed<SendPasswordLinkCall>,
) -> Result<HttpResponse, ApiError> {
    let target = UserId::parse(&call.target).map_err(|invalid| HttpError::Malformed(invalid.to_string().into()))?;
    let origin = Origin { ip_address: call.ip_address, user_agent: call.user_agent };
    let outcome = match service.send_password_link(&call.caller, &target, &origin).await {
        Ok(PasswordLink { user_id, recipient }) => {
            ResetPasswordOutcome::LinkSent { user_id: user_id.to_string(), recipient: recipient.to_string() }
        }
        Err(error) => rejection(error)?,
    };
    Ok(HttpResponse::Ok().json(outcome))
}

/// Returns the outcome of a rejected reset, or the problem of a failed one.
fn rejection(error: CredentialsError) -> Result<ResetPasswordOutcome, ApiError> {
    Ok(match error {
        CredentialsError::Unauthenticated => ResetPasswordOutcome::Unauthenticated,
        CredentialsError::Denied(denied) => ResetPasswordOutcome::Denied { code: denied.code().to_owned() },
        CredentialsError::NotFound => ResetPasswordOutcome::NotFound,
        CredentialsError::WeakPassword(rejection) => ResetPasswordOutcome::WeakPassword(rejection),
        CredentialsError::MailOff => ResetPasswordOutcome::MailOff,
        CredentialsError::Inactive => ResetPasswordOutcome::Inactive,
        CredentialsError::Overloaded => ResetPasswordOutcome::Overloaded,
        CredentialsError::Unavailable(cause) => return Err(HttpError::Unavailable(cause).into()),
    })
}

fn parse(call: &ResetPasswordCall) -> Result<(UserId, Option<Password>), Invalid> {
    Ok((UserId::parse(&call.target)?, call.password.as_deref().map(Password::parse).transpose()?))
}
