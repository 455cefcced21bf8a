use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::ChangeEmailRequest;
use steward_domain::{Email, Invalid, PasswordAttempt};
use steward_web::responses::{Anywhere, NeedsToken, ReadsBody};
use steward_web::{ApiError, Caller, CallerLocale, CallerOrigin, Fields, HttpError, IntoProblem, JsonBody, text};

use super::MailOff;
use crate::AuthService;
use crate::change_email::ChangeEmailError;
use crate::http::problems::current_password_problem;

/// Request a change of the own address
///
/// Requires the password: a wrong one is a 422 with `password` among the `errors`, and failed attempts are counted as at a
/// sign-in. The new address gets a mail with a link that confirms the change; until then the old one applies. If another
/// user has the new address, the response is the same and no mail is sent. An account gets at most three links an hour.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body = ChangeEmailRequest,
    responses(
        Anywhere,
        (status = 202, description = "Unless another user has the new address, a mail to it follows"),
        (
            status = 409, description = "This deployment sends no mails", body = Problem,
            content_type = "application/problem+json"
        ),
        ReadsBody,
        NeedsToken,
    )
)]
#[post("/api/auth/change-email")]
pub(in crate::http) async fn change_email(
    service: Data<AuthService>,
    caller: Caller,
    origin: CallerOrigin,
    locale: CallerLocale,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (new, password) = parse(body.fields()?)?;
    service.request_email_change(&caller.session, new, &password, locale.0, origin.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

fn parse(mut fields: Fields) -> Result<(Email, PasswordAttempt), ApiError> {
    let new = fields.required("new_email", text(Email::parse));
    let password = fields.required("password", text(PasswordAttempt::parse));
    Ok(fields.finish((new, password))?)
}

impl IntoProblem for ChangeEmailError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::MailOff => MailOff.into(),
            Self::SameAddress => {
                HttpError::invalid_field("new_email", &Invalid::new("must differ from the current address")).into()
            }
            Self::Current(error) => current_password_problem("password", error),
        }
    }
}
