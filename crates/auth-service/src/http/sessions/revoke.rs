use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::Problem;
use steward_domain::SessionSelector;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin, path_user_id};

use super::path_session_id;
use crate::AuthService;
use crate::http::problems::SessionNotFound;

/// End a session of a user
///
/// The tokens of the session are then rejected everywhere.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user id, in any case", example = "user123"),
        ("session_id" = String, Path, description = "The session's `id`"),
    ),
    responses(
        Anywhere,
        (status = 204, description = "The session ended"),
        (
            status = 404, description = "The user has no such session, or the session has ended.", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsAdministrator,
    )
)]
#[delete("/api/admin/users/{user_id}/sessions/{session_id}")]
pub(in crate::http) async fn revoke_session(
    administrator: Administrator,
    service: Data<AuthService>,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (user, session) = (path_user_id(&request)?, path_session_id(&request)?);
    match service.revoke_sessions(administrator.actor, &user, SessionSelector::One(session), origin.0).await? {
        0 => Err(SessionNotFound.into()),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}
