use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::Problem;
use steward_contracts::bodies::Image;
use steward_web::responses::{Anywhere, NeedsToken};
use steward_web::{ApiError, AvatarNotFound, Caller, avatar_response};

use crate::AuthService;

/// Get own picture
///
/// A square of 256 pixels. A browser may keep the picture if `v` is its hash, which the profile contains.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    params(
        (
            "v" = Option<String>, Query, description = "Hash of the picture", pattern = "^[0-9a-f]*$",
            example = "9f86d081884c7d659a2feaa0c55ad015"
        )
    ),
    responses(
        Anywhere,
        (
            status = 200, description = "The picture", body = Image, content_type = "image/webp",
            headers(("ETag" = String, description = "The hash of the picture"))
        ),
        (status = 304, description = "The picture has the tag in `If-None-Match`"),
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
