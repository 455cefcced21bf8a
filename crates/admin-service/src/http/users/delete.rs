use actix_web::{HttpRequest, HttpResponse, delete};
use steward_contracts::Problem;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator};
use steward_web::{Administrator, ApiError, CallerOrigin, path_user_id};

use crate::http::{Service, to_context};

/// Delete a user
///
/// Ends all sessions of the user and erases all data. Audit entries about the user stay, without personal data except the
/// user id.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "eve")),
    responses(
        Anywhere,
        (status = 204, description = "The user was deleted"),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The target is the caller or the last active super_admin"
        ),
        NeedsAdministrator,
        NamesUser,
    )
)]
#[delete("/api/admin/users/{user_id}")]
pub(in crate::http) async fn delete_user(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    service.delete_user(to_context(administrator, origin), &user_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::Value;

    use crate::testing::TestApp;
    use crate::testing::http::{get, post};

    fn delete(id: &str) -> TestRequest {
        TestRequest::delete().uri(&format!("/api/admin/users/{id}"))
    }

    #[actix_web::test]
    async fn a_deletion_is_204_and_then_404() {
        let app = TestApp::new().await;
        let response = app.call("boss", delete("alice")).await;
        assert_eq!((response.status, response.body), (204, Value::Null));
        assert_eq!(app.call("boss", delete("alice")).await.status, 404);
        assert_eq!(app.call("boss", get("/api/admin/users/alice")).await.status, 404);
    }

    #[actix_web::test]
    async fn rejections_have_their_status() {
        let app = TestApp::new().await;
        assert_eq!(app.call("boss", delete("chief")).await.status, 403);
        assert_eq!(app.call("root", delete("root")).await.status, 409);
        let other = app.call("root", post("/api/admin/users/alice")).await;
        assert_eq!(other.status, 405);
        assert_eq!(other.headers.get("allow").unwrap(), "GET, HEAD, PUT, DELETE");
    }
}
