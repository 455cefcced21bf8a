use actix_web::{HttpRequest, HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::OutboxEntryBody;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin};

use super::path_id;
use crate::http::{Service, to_context};

/// Retry a mail
///
/// Queues a failed mail again. Its next attempt is due at once, and its attempts count from 0 again.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The number of the mail", example = 42)),
    responses(
        Anywhere,
        (status = 200, description = "The queued mail", body = OutboxEntryBody),
        (
            status = 404, description = "No mail has this number", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409, description = "The mail has not failed", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsAdministrator,
    )
)]
#[post("/api/admin/outbox/{id}/retry")]
pub(in crate::http) async fn retry_mail(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mail = service.retry_mail(to_context(administrator, origin), path_id(&request)?).await?;
    Ok(HttpResponse::Ok().json(OutboxEntryBody::from(mail)))
}
