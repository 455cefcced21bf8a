use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, put};
use steward_contracts::Problem;
use steward_contracts::bodies::{SaveSegmentRequest, SegmentBody};
use steward_domain::ports::SaveSegmentError;
use steward_domain::{Segment, SegmentName};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsBody};
use steward_web::{Administrator, ApiError, HttpError, IntoProblem, JsonBody, text};

use super::{path_name, query};
use crate::http::Service;
use crate::segments::SaveError;

/// Save a segment
///
/// Saves a query of the user list for the caller. A segment of this name, in any case, is replaced. The query has the
/// syntax of `GET /api/admin/users`. It is stored in normalized form: sorted by parameter, without empty parameters.
/// Saving a segment adds no audit entry.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params((
        "name" = String, Path, min_length = 1, max_length = 60, example = "Dormant admins",
        description = "1 to 60 characters without slash and backslash, trimmed"
    )),
    request_body = SaveSegmentRequest,
    responses(
        Anywhere,
        (status = 200, description = "The segment, which replaced another one", body = SegmentBody),
        (status = 201, description = "The new segment", body = SegmentBody),
        (
            status = 404, body = Problem, content_type = "application/problem+json",
            description = "The name contains a slash or backslash"
        ),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The caller already has 50 segments"
        ),
        ReadsBody,
        NeedsAdministrator,
    )
)]
#[put("/api/admin/segments/{name}")]
pub(in crate::http) async fn save_segment(
    administrator: Administrator,
    service: Service,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let name = path_name(&request)?;
    let mut fields = body.fields()?;
    let name = fields.parsed("name", SegmentName::parse(&name));
    let query = fields.required("query", text(query::parse));
    let (name, query) = fields.finish((name, query))?;
    let saved = service.save_segment(&administrator.actor, name, query).await?;
    let mut response = if saved.is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(SegmentBody::from(saved.segment)))
}

impl IntoProblem for SaveError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Denied(denied) => denied.into(),
            Self::Segment(SaveSegmentError::Full) => ApiError::new(
                StatusCode::CONFLICT,
                "too-many-segments",
                "Too many segments",
                format!("At most {} segments can be saved: delete one first", Segment::MOST),
            ),
            Self::Segment(SaveSegmentError::OwnerGone) => HttpError::Unauthenticated.into(),
            Self::Segment(SaveSegmentError::Store(error)) => error.into(),
        }
    }
}
