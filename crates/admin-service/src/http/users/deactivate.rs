use actix_web::{HttpRequest, HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::UserBody;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, ReturnsUser};
use steward_web::{Administrator, ApiError, CallerOrigin, path_user_id, user_tag};

use crate::http::{Service, to_context};

/// Deactivate a user
///
/// The user cannot sign in any more, and all sessions of the user end. The request may be repeated. If the user has deleted
/// the account, a sign-in no longer restores it, and it is still erased.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "inactive_user")),
    responses(
        Anywhere,
        ReturnsUser,
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The target is the caller or the last active super_admin"
        ),
        NeedsAdministrator,
        NamesUser,
    )
)]
#[post("/api/admin/users/{user_id}/deactivate")]
pub(in crate::http) async fn deactivate_user(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let user = service.deactivate_user(to_context(administrator, origin), &user_id).await?;
    Ok(HttpResponse::Ok().insert_header(user_tag(&user)).json(UserBody::from(user)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::TestApp;
    use crate::testing::http::post;

    #[actix_web::test]
    async fn a_user_is_deactivated_and_activated_again() {
        let app = TestApp::new().await;
        for (verb, is_active) in [("deactivate", false), ("deactivate", false), ("activate", true), ("activate", true)]
        {
            let response = app.call("boss", post(&format!("/api/admin/users/alice/{verb}"))).await;
            assert_eq!((response.status, &response.body["is_active"]), (200, &json!(is_active)), "{verb}");
        }
        let actions: Vec<_> = app.audit_trail().await.into_iter().map(|entry| entry.action).collect();
        assert_eq!(actions, ["USER_ACTIVATED", "USER_DEACTIVATED"]);
    }

    #[actix_web::test]
    async fn rejections_have_their_status() {
        let app = TestApp::new().await;
        for (caller, path, status) in [
            ("alice", "eve/activate", 403),
            ("boss", "chief/deactivate", 403),
            ("root", "root/deactivate", 409),
            ("boss", "unknown/activate", 404),
        ] {
            assert_eq!(app.call(caller, post(&format!("/api/admin/users/{path}"))).await.status, status, "{path}");
        }
    }
}
