use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::Problem;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin};

use super::{path_id, revoke_problem};
use crate::http::{Service, to_context};

/// Revoke an invitation
///
/// Its link no longer works.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("id" = i64, Path, description = "The number of the invitation", example = 7)),
    responses(
        Anywhere,
        (status = 204, description = "The invitation was revoked"),
        (
            status = 404, description = "The invitation does not exist", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 409, description = "The invitation was accepted, or revoked before", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsAdministrator,
    )
)]
#[delete("/api/admin/invitations/{id}")]
pub(in crate::http) async fn revoke_invitation(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&request)?;
    service.revoke_invitation(to_context(administrator, origin), id).await.map_err(revoke_problem)?;
    Ok(HttpResponse::NoContent().finish())
}
