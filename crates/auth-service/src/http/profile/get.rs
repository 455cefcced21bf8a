use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_web::responses::{Anywhere, NeedsToken, ReturnsProfile};
use steward_web::{ApiError, Caller, HttpError, profile_response};

use crate::AuthService;

/// Get own profile
///
/// `ETag` changes with every change of a field, but not with the picture. Send it as `If-Match` with `PUT` to avoid
/// overwriting concurrent changes.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(
        Anywhere,
        ReturnsProfile,
        NeedsToken,
    )
)]
#[get("/api/auth/me/profile")]
pub(in crate::http) async fn own_profile(service: Data<AuthService>, caller: Caller) -> Result<HttpResponse, ApiError> {
    let profile = service.own_profile(&caller.session).await?;
    Ok(profile_response(profile.ok_or(HttpError::Unauthenticated)?))
}
