use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::Problem;
use steward_web::parameters::PictureVersion;
use steward_web::responses::{Anywhere, NeedsToken, ReturnsPicture};
use steward_web::{ApiError, AvatarNotFound, Caller, avatar_response};

use crate::AuthService;

/// Get own picture
///
/// A square of 256 pixels. A browser may keep the picture if `v` is its hash, which the profile contains.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    params(PictureVersion),
    responses(
        Anywhere,
        ReturnsPicture,
        (
            status = 404, body = Problem, content_type = "application/problem+json",
            description = "The user has no picture"
        ),
        NeedsToken,
    )
)]
#[get("/api/auth/me/avatar")]
pub(in crate::http) async fn own_avatar(
    service: Data<AuthService>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let avatar = service.own_avatar(&caller.session).await?;
    Ok(avatar_response(&request, avatar.ok_or(AvatarNotFound)?))
}
