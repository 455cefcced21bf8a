use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::LinkTokenRequest;
use steward_web::responses::{Anywhere, ReadsBody, UsesLink};
use steward_web::{ApiError, CallerOrigin, JsonBody};

use super::only_token;
use crate::AuthService;

/// Undo a change of address with a link
///
/// The link is in the mail to the old address, which is restored. Every session of the account ends, and a mail with a
/// link that sets a new password follows.
#[utoipa::path(
    tag = "auth",
    request_body = LinkTokenRequest,
    responses(
        Anywhere,
        (status = 204, description = "The old address was restored"),
        (
            status = 409, description = "Another user has the address by now", body = Problem,
            content_type = "application/problem+json"
        ),
        ReadsBody,
        UsesLink,
    )
)]
#[post("/api/auth/change-email/undo")]
pub(in crate::http) async fn undo_email_change(
    service: Data<AuthService>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let token = only_token(body.fields()?)?;
    service.undo_email_change(&token, origin.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
