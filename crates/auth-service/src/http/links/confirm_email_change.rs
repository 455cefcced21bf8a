use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::LinkTokenRequest;
use steward_web::responses::{Anywhere, ReadsBody, UsesLink};
use steward_web::{ApiError, CallerOrigin, JsonBody};

use super::only_token;
use crate::AuthService;

/// Confirm a change of address with a link
///
/// The link is in the mail to the new address, which replaces the old one. The old address gets a mail with a link that
/// undoes the change. Sessions stay valid.
#[utoipa::path(
    tag = "auth",
    request_body = LinkTokenRequest,
    responses(
        Anywhere,
        (status = 204, description = "The address was changed"),
        (
            status = 409, description = "Another user has the address by now", body = Problem,
            content_type = "application/problem+json"
        ),
        ReadsBody,
        UsesLink,
    )
)]
#[post("/api/auth/change-email/confirm")]
pub(in crate::http) async fn confirm_email_change(
    service: Data<AuthService>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let token = only_token(body.fields()?)?;
    service.confirm_email_change(&token, origin.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
