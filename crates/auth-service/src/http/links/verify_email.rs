use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::LinkTokenRequest;
use steward_web::responses::{Anywhere, ReadsBody, UsesLink};
use steward_web::{ApiError, CallerOrigin, JsonBody};

use super::only_token;
use crate::AuthService;

/// Confirm an address with a link
///
/// The link is in the mail to the address. It works once.
#[utoipa::path(
    tag = "auth",
    request_body = LinkTokenRequest,
    responses(
        Anywhere,
        (status = 204, description = "The address is confirmed"),
        ReadsBody,
        UsesLink,
    )
)]
#[post("/api/auth/verify-email")]
pub(in crate::http) async fn verify_email(
    service: Data<AuthService>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let token = only_token(body.fields()?)?;
    service.verify_email(&token, origin.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
