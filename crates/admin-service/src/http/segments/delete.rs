use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::Problem;
use steward_domain::SegmentName;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError};

use super::path_name;
use crate::http::Service;

/// Delete a segment
///
/// Deleting a segment adds no audit entry.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("name" = String, Path, description = "The name of the segment, in any case", example = "Dormant admins")),
    responses(
        Anywhere,
        (status = 204, description = "The segment was deleted"),
        (
            status = 404, description = "The caller has no such segment.", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsAdministrator,
    )
)]
#[delete("/api/admin/segments/{name}")]
pub(in crate::http) async fn delete_segment(
    administrator: Administrator,
    service: Service,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let text = path_name(&request)?;
    // Earlier versions stored names that are now normalized differently or rejected.
    let stored = (!text.contains(char::is_control)).then(|| SegmentName::from_stored(text.clone()));
    for name in SegmentName::parse(&text).into_iter().chain(stored) {
        if service.delete_segment(&administrator.actor, &name).await? {
            return Ok(HttpResponse::NoContent().finish());
        }
    }
    Err(ApiError::new(StatusCode::NOT_FOUND, "segment-not-found", "Not found", "Segment not found"))
}
