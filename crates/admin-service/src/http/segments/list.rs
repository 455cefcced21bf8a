use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{SegmentBody, SegmentList};
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError};

use crate::http::Service;

/// List own segments
///
/// Lists the caller's saved filters of the user list. Segments of other administrators are not accessible. Saving and
/// deleting segments adds no audit entry.
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
