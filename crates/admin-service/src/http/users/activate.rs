use actix_web::{HttpRequest, HttpResponse, post};
use steward_contracts::bodies::UserBody;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, ReturnsUser};
use steward_web::{Administrator, ApiError, CallerOrigin, path_user_id, user_tag};

use crate::http::{Service, to_context};

/// Activate a user
///
/// The user may sign in again. The request may be repeated.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "inactive_user")),
    responses(
        Anywhere,
        ReturnsUser,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[post("/api/admin/users/{user_id}/activate")]
pub(in crate::http) async fn activate_user(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let user = service.activate_user(to_context(administrator, origin), &user_id).await?;
    Ok(HttpResponse::Ok().insert_header(user_tag(&user)).json(UserBody::from(user)))
}
