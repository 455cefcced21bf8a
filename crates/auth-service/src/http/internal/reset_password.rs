use actix_web::HttpResponse;
use actix_web::web::Data;
use steward_contracts::services::internal::{ResetPasswordCall, ResetPasswordOutcome};
use steward_contracts::services::{Credentials, CredentialsError};
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
        Err(CredentialsError::Unauthenticated) => ResetPasswordOutcome::Unauthenticated,
        Err(CredentialsError::Denied(denied)) => ResetPasswordOutcome::Denied { code: denied.code().to_owned() },
        Err(CredentialsError::NotFound) => ResetPasswordOutcome::NotFound,
        Err(CredentialsError::WeakPassword(rejection)) => ResetPasswordOutcome::WeakPassword(rejection),
        Err(CredentialsError::Overloaded) => ResetPasswordOutcome::Overloaded,
        Err(CredentialsError::Unavailable(cause)) => return Err(HttpError::Unavailable(cause).into()),
    };
    Ok(HttpResponse::Ok().json(outcome))
}

fn parse(call: &ResetPasswordCall) -> Result<(UserId, Option<Password>), Invalid> {
    Ok((UserId::parse(&call.target)?, call.password.as_deref().map(Password::parse).transpose()?))
}
