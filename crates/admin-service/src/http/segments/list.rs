use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{SegmentBody, SegmentList};
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError};

use crate::http::Service;

/// List one's segments
///
/// The filters of the user list that the caller keeps; those of others are seen by nobody. They are preferences: saving
/// and deleting them leaves no entry in the audit trail.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    responses(
        Anywhere,
        (status = 200, description = "The caller's segments, sorted by name", body = SegmentList),
        NeedsAdministrator,
    )
)]
#[get("/api/admin/segments")]
pub(in crate::http) async fn list_segments(
    administrator: Administrator,
    service: Service,
) -> Result<HttpResponse, ApiError> {
    let segments = service.list_segments(&administrator.actor).await?;
    Ok(HttpResponse::Ok().json(SegmentList { items: segments.into_iter().map(SegmentBody::from).collect() }))
}
