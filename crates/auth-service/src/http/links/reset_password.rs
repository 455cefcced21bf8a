use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::ResetForgottenPasswordRequest;
use steward_domain::Password;
use steward_web::responses::{Anywhere, ReadsBody, UsesLink};
use steward_web::{ApiError, CallerOrigin, Fields, IntoProblem, JsonBody, text};

use super::{token_of, token_text};
use crate::AuthService;
use crate::link_token::LinkToken;
use crate::reset_forgotten_password::ResetForgottenPasswordError;

/// Set a new password with a link
///
/// Every session of the account ends, and its failed sign-ins are forgotten. The link works once.
#[utoipa::path(
    tag = "auth",
    request_body = ResetForgottenPasswordRequest,
    responses(
        Anywhere,
        (status = 204, description = "The password was set"),
        ReadsBody,
        UsesLink,
    )
)]
#[post("/api/auth/reset-password")]
pub(in crate::http) async fn reset_forgotten_password(
    service: Data<AuthService>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (token, password) = parse(body.fields()?)?;
    service.reset_forgotten_password(&token, password, origin.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn parse(mut fields: Fields) -> Result<(LinkToken, Password), ApiError> {
    let token = fields.required("token", token_text);
    let password = fields.required("new_password", text(Password::parse));
    let (token, password) = fields.finish((token, password))?;
    Ok((token_of(&token)?, password))
}

impl IntoProblem for ResetForgottenPasswordError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Link(error) => error.into(),
            Self::WeakPassword(weak) => ApiError::weak_password("new_password", weak),
            Self::Hashing(error) => error.into(),
        }
    }
}
