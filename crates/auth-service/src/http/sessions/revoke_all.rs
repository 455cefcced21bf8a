use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::bodies::EndedSessions;
use steward_domain::SessionSelector;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin, path_user_id};

use crate::AuthService;

/// End all sessions of a user
///
/// The tokens of the sessions are then rejected everywhere. The user may sign in again. If the user has no session, the
/// request succeeds and adds no audit entry.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "user123")),
    responses(
        Anywhere,
        (status = 200, description = "The number of ended sessions", body = EndedSessions),
        NeedsAdministrator,
        NamesUser,
    )
)]
#[delete("/api/admin/users/{user_id}/sessions")]
pub(in crate::http) async fn revoke_sessions(
    administrator: Administrator,
    service: Data<AuthService>,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user = path_user_id(&request)?;
    let ended = service.revoke_sessions(administrator.actor, &user, SessionSelector::All, origin.0).await?;
    Ok(HttpResponse::Ok().json(EndedSessions { message: "Sessions ended".to_owned(), ended }))
}
