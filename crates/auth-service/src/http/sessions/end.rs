use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::Problem;
use steward_domain::SessionSelector;
use steward_web::responses::{Anywhere, NeedsToken};
use steward_web::{ApiError, Caller};

use super::path_session_id;
use crate::AuthService;
use crate::http::problems::SessionNotFound;

/// End own session
///
/// Ends one of the caller's sessions, which may be the acting one. Its tokens are then rejected everywhere.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    params(("session_id" = String, Path, description = "The session's `id`")),
    responses(
        Anywhere,
        (status = 204, description = "The session ended"),
        (
            status = 404, description = "The user has no such session, or the session has ended.", body = Problem,
            content_type = "application/problem+json"
        ),
        NeedsToken,
    )
)]
#[delete("/api/auth/sessions/{session_id}")]
pub(in crate::http) async fn end_own_session(
    service: Data<AuthService>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let selector = SessionSelector::One(path_session_id(&request)?);
    match service.end_own_sessions(&caller.session.user, selector).await? {
        0 => Err(SessionNotFound.into()),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}
