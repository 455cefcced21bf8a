use actix_web::{HttpRequest, HttpResponse, delete};
use steward_domain::SegmentName;
use steward_web::responses::{Anywhere, NamesSegment, NeedsAdministrator};
use steward_web::{Administrator, ApiError};

use super::path_name;
use crate::http::Service;

/// Delete a segment
///
/// A preference, which leaves no entry in the audit trail.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("name" = String, Path, description = "The segment's name, in any case", example = "Dormant admins")),
    responses(Anywhere, (status = 204, description = "The segment is gone"), NeedsAdministrator, NamesSegment)
)]
#[delete("/api/admin/segments/{name}")]
pub(in crate::http) async fn delete_segment(
    administrator: Administrator,
    service: Service,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    // What cannot be a name is none of the caller's.
    let name = SegmentName::parse(&path_name(&request)?).map_err(|_| ApiError::SegmentNotFound)?;
    if service.delete_segment(&administrator.actor, &name).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::SegmentNotFound)
    }
}
