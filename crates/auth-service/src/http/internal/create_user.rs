use actix_web::HttpResponse;
use actix_web::web::Data;
use steward_contracts::services::internal::{CreateUserCall, CreateUserOutcome, FirstPasswordBody};
use steward_contracts::services::{CreateUserError, Credentials, FirstPassword, RequestedUser};
use steward_domain::ports::UniqueKey;
use steward_domain::{DisplayName, Email, Invalid, Origin, Password, UserId};
use steward_web::{ApiError, HttpError, Signed};

use crate::AuthService;

/// Creates an account, for a service that acts for an administrator.
pub(in crate::http) async fn create_user(
    service: Data<AuthService>,
    Signed(call): Signed<CreateUserCall>,
) -> Result<HttpResponse, ApiError> {
    let user = parse(&call).map_err(|invalid| HttpError::Malformed(invalid.to_string().into()))?;
    let origin = Origin { ip_address: call.ip_address, user_agent: call.user_agent };
    let outcome = match service.create_user(&call.caller, user, &origin).await {
        Ok(created) => CreateUserOutcome::Created {
            user: created.user.into(),
            temporary_password: created.temporary_password.map(|password| password.expose().to_owned()),
        },
        Err(CreateUserError::Unauthenticated) => CreateUserOutcome::Unauthenticated,
        Err(CreateUserError::Denied(denied)) => CreateUserOutcome::Denied { code: denied.code().to_owned() },
        Err(CreateUserError::Taken(UniqueKey::UserId)) => CreateUserOutcome::UserIdTaken,
        Err(CreateUserError::Taken(UniqueKey::Email)) => CreateUserOutcome::EmailTaken,
        Err(CreateUserError::ReservedId) => CreateUserOutcome::ReservedId,
        Err(CreateUserError::WeakPassword(rejection)) => CreateUserOutcome::WeakPassword(rejection),
        Err(CreateUserError::MailOff) => CreateUserOutcome::MailOff,
        Err(CreateUserError::Overloaded) => CreateUserOutcome::Overloaded,
        Err(CreateUserError::Unavailable(cause)) => return Err(HttpError::Unavailable(cause).into()),
    };
    Ok(HttpResponse::Ok().json(outcome))
}

fn parse(call: &CreateUserCall) -> Result<RequestedUser, Invalid> {
    Ok(RequestedUser {
        user_id: UserId::parse(&call.user_id)?,
        email: Email::parse(&call.email)?,
        name: DisplayName::parse(&call.name)?,
        role: call.role.into(),
        is_active: call.is_active,
        first_password: match &call.first_password {
            FirstPasswordBody::Generated => FirstPassword::Generated,
            FirstPasswordBody::Chosen(password) => FirstPassword::Chosen(Password::parse(password)?),
            FirstPasswordBody::ByMail => FirstPassword::ByMail,
        },
    })
}
