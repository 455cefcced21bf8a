use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::ForgotPasswordRequest;
use steward_domain::{AccountName, Email, Invalid, UserId};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, CallerLocale, CallerOrigin, Fields, HttpError, JsonBody, text};

use crate::AuthService;

/// Request a link that sets a new password
///
/// Mails the link to the address of the account. The response does not depend on whether the account exists, is active
/// or is locked, nor on whether this deployment sends mails. An account gets at most three links an hour.
#[utoipa::path(
    tag = "auth",
    request_body = ForgotPasswordRequest,
    responses(
        Anywhere,
        (status = 202, description = "If the account exists and is active, a mail follows"),
        ReadsBody,
    )
)]
#[post("/api/auth/forgot-password")]
pub(in crate::http) async fn forgot_password(
    service: Data<AuthService>,
    origin: CallerOrigin,
    locale: CallerLocale,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let account = parse(body.fields()?)?;
    service.request_password_reset(account, locale.0, origin.0).await?;
    Ok(HttpResponse::Accepted().finish())
}

fn parse(mut fields: Fields) -> Result<AccountName, ApiError> {
    let user_id = fields.optional("user_id", text(UserId::parse));
    let email = fields.optional("email", text(Email::parse));
    let (user_id, email) = fields.finish((user_id, email))?;
    match (user_id, email) {
        (Some(id), None) => Ok(AccountName::UserId(id)),
        (None, Some(email)) => Ok(AccountName::Email(email)),
        (given, _) => {
            let reason =
                if given.is_some() { "must be empty if `user_id` is given" } else { "or `user_id` is required" };
            Err(HttpError::invalid_field("email", &Invalid::new(reason)).into())
        }
    }
}
