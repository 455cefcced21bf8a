use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::Problem;
use steward_web::parameters::PictureVersion;
use steward_web::responses::{Anywhere, NeedsAdministrator, ReturnsPicture};
use steward_web::{Administrator, ApiError, AvatarNotFound, avatar_response, path_user_id};

use crate::http::Service;

/// Get the picture of a user
///
/// A square of 256 pixels. A browser may keep the picture if `v` is its hash, which the profile contains.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user id, in any case", example = "user123"),
        PictureVersion
    ),
    responses(
        Anywhere,
        ReturnsPicture,
        (
            status = 404, body = Problem, content_type = "application/problem+json",
            description = "The user has no picture, or does not exist"
        ),
        NeedsAdministrator,
    )
)]
#[get("/api/admin/users/{user_id}/avatar")]
pub(in crate::http) async fn user_avatar(
    administrator: Administrator,
    service: Service,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let avatar = service.user_avatar(&administrator.actor, &path_user_id(&request)?).await?;
    Ok(avatar_response(&request, avatar.ok_or(AvatarNotFound)?))
}

#[cfg(test)]
mod tests {
    use steward_domain::{Action, Avatar, AvatarHash};
    use steward_testkit::{an_entry, at, user_id};

    use crate::testing::TestApp;
    use crate::testing::http::get;

    #[actix_web::test]
    async fn administrators_see_pictures() {
        let app = TestApp::new().await;
        let image = b"RIFF and the rest";
        let avatar =
            Avatar { image: image.to_vec(), content_type: "image/webp".to_owned(), hash: AvatarHash::of(image) };
        let entry = an_entry(Action::AvatarChanged, "alice", at(1));
        let decide = Box::new(|_: &_| Ok(Some(entry.into())));
        app.service.profiles.set_avatar(&user_id("alice"), Some(avatar), decide).await.unwrap();
        let url = format!("/api/admin/users/alice/avatar?v={}", AvatarHash::of(image).as_str());
        let response = app.call("boss", get(&url)).await;
        assert_eq!(
            (response.status, response.headers.get("content-type").unwrap().as_bytes()),
            (200, &b"image/webp"[..])
        );
        assert_eq!(response.headers.get("cache-control").unwrap(), "private, max-age=31536000, immutable");
        let tag = response.headers.get("etag").unwrap().to_str().unwrap();
        assert_eq!(app.call("boss", get(&url).insert_header(("if-none-match", tag))).await.status, 304);
        assert_eq!(app.call("alice", get(&url)).await.status, 403);
        for id in ["eve", "unknown", "x"] {
            let response = app.call("boss", get(&format!("/api/admin/users/{id}/avatar"))).await;
            assert_eq!(response.status, 404, "{id}");
        }
    }
}
