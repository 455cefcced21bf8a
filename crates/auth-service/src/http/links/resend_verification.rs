use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_web::responses::{Anywhere, NeedsToken};
use steward_web::{ApiError, Caller, CallerLocale, CallerOrigin, IntoProblem};

use super::MailOff;
use crate::AuthService;
use crate::verify_email::LinkRequestError;

/// Request another link that confirms the own address
///
/// Sends nothing if the address is confirmed already. An account gets at most three links an hour.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(
        Anywhere,
        (status = 202, description = "Unless the address is confirmed, a mail follows"),
        (
            status = 409, description = "This deployment sends no mails", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsToken,
    )
)]
#[post("/api/auth/verify-email/resend")]
pub(in crate::http) async fn resend_verification(
    service: Data<AuthService>,
    caller: Caller,
    origin: CallerOrigin,
    locale: CallerLocale,
) -> Result<HttpResponse, ApiError> {
    service.resend_verification(&caller.session, locale.0, origin.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

impl IntoProblem for LinkRequestError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::MailOff => MailOff.into(),
            Self::Change(error) => error.into(),
        }
    }
}
