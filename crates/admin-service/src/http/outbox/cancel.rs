use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::Problem;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin};

use super::path_id;
use crate::http::{Service, to_context};

/// Cancel a mail
///
/// Cancels a queued or failed mail and deletes its content. Only a super_admin can cancel mails. A mail whose attempt is
/// running may still arrive.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The number of the mail", example = 42)),
    responses(
        Anywhere,
        (status = 204, description = "The mail was cancelled"),
        (
            status = 404, description = "No mail has this number", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409, description = "The mail was sent or cancelled before", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsAdministrator,
    )
)]
#[delete("/api/admin/outbox/{id}")]
pub(in crate::http) async fn cancel_mail(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    service.cancel_mail(to_context(administrator, origin), path_id(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}
