use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use steward_web::responses::{Anywhere, NeedsToken};
use steward_web::{ApiError, Caller, CallerOrigin};

use crate::AuthService;

/// Remove own picture
///
/// The request may be repeated.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(Anywhere, (status = 204, description = "The user has no picture"), NeedsToken)
)]
#[delete("/api/auth/me/avatar")]
pub(in crate::http) async fn remove_own_avatar(
    service: Data<AuthService>,
    caller: Caller,
    origin: CallerOrigin,
) -> Result<HttpResponse, ApiError> {
    service.remove_own_avatar(&caller.session, origin.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
