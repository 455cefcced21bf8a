use actix_web::HttpResponse;
use actix_web::web::Data;
use steward_contracts::bodies::InvitationBody;
use steward_contracts::services::internal::{InviteCall, InviteOutcome, ResendInvitationCall};
use steward_contracts::services::{Credentials, InviteError};
use steward_domain::{Email, Invitation, Locale, Origin};
use steward_web::{ApiError, HttpError, Signed};

use crate::AuthService;

/// Sends an invitation, for a service that acts for an administrator.
pub(in crate::http) async fn invite(
    service: Data<AuthService>,
    Signed(call): Signed<InviteCall>,
) -> Result<HttpResponse, ApiError> {
    let address = Email::parse(&call.email).map_err(|invalid| HttpError::Malformed(invalid.to_string().into()))?;
    let locale = call.locale.as_deref().map(Locale::parse).transpose();
    let locale = locale.map_err(|invalid| HttpError::Malformed(invalid.to_string().into()))?;
    let origin = Origin { ip_address: call.ip_address, user_agent: call.user_agent };
    respond(&service, service.invite(&call.caller, &address, call.role.into(), locale, &origin).await)
}

/// Sends an invitation again, for a service that acts for an administrator.
pub(in crate::http) async fn resend_invitation(
    service: Data<AuthService>,
    Signed(call): Signed<ResendInvitationCall>,
) -> Result<HttpResponse, ApiError> {
    let origin = Origin { ip_address: call.ip_address, user_agent: call.user_agent };
    respond(&service, service.resend_invitation(&call.caller, call.id, &origin).await)
}

fn respond(service: &AuthService, result: Result<Invitation, InviteError>) -> Result<HttpResponse, ApiError> {
    let outcome = match result {
        Ok(invitation) => InviteOutcome::Invited { invitation: InvitationBody::new(invitation, service.clock.now()) },
        Err(InviteError::Unauthenticated) => InviteOutcome::Unauthenticated,
        Err(InviteError::Denied(denied)) => InviteOutcome::Denied { code: denied.code().to_owned() },
        Err(InviteError::MailOff) => InviteOutcome::MailOff,
        Err(InviteError::Registered) => InviteOutcome::Registered,
        Err(InviteError::Pending) => InviteOutcome::Pending,
        Err(InviteError::NotFound) => InviteOutcome::NotFound,
        Err(InviteError::Closed(state)) => InviteOutcome::Closed { state: state.into() },
        Err(InviteError::Unavailable(cause)) => return Err(HttpError::Unavailable(cause).into()),
    };
    Ok(HttpResponse::Ok().json(outcome))
}
