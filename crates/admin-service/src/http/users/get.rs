use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::bodies::UserDetailsBody;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator};
use steward_web::{Administrator, ApiError, UserNotFound, path_user_id, user_tag};

use crate::http::Service;

/// Get a user
///
/// `failures` and `locked_until` show failed sign-ins and locks; `POST …/unlock` resets them. `ETag` changes with every
/// change of the account, but not with a sign-in. Send it as `If-Match` with `PUT` to avoid overwriting concurrent
/// changes.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "user123")),
    responses(
        Anywhere,
        (
            status = 200, description = "The user", body = UserDetailsBody,
            headers(("ETag" = String, description = "The user's version, for `If-Match`"))
        ),
        NeedsAdministrator,
        NamesUser,
    )
)]
#[get("/api/admin/users/{user_id}")]
pub(in crate::http) async fn get_user(service: Service, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let lookup = async { Ok::<_, ApiError>(service.find_user(&path_user_id(&request)?).await) };
    let (administrator, found) = Administrator::extract_beside(&request, lookup).await?;
    let details = service.get_user(&administrator.actor, found?)?.ok_or(UserNotFound)?;
    Ok(HttpResponse::Ok().insert_header(user_tag(&details.user)).json(UserDetailsBody::from(details)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::TestApp;
    use crate::testing::http::get;

    #[actix_web::test]
    async fn a_user_is_found_in_any_case() {
        let app = TestApp::new().await;
        let response = app.call("boss", get("/api/admin/users/ALICE")).await;
        let expected = json!({
            "id": response.body["id"], "user_id": "alice", "email": "alice@example.com", "name": "alice",
            "role": "user", "is_active": true, "created_at": "2026-01-02T03:04:05.678901Z",
            "updated_at": "2026-01-02T03:04:05.678901Z", "last_login": null, "email_verified_at": null, "locale": null,
            "failures": 0, "locked_until": null, "purge_at": null,
        });
        assert_eq!((response.status, response.body), (200, expected));
    }

    #[actix_web::test]
    async fn unknown_and_malformed_ids_are_404() {
        let app = TestApp::new().await;
        for id in ["unknown", "x", "%ED%99%8D%EA%B8%B8%EB%8F%99", "a%20b", "..."] {
            let response = app.call("boss", get(&format!("/api/admin/users/{id}"))).await;
            assert_eq!((response.status, &response.body["detail"]), (404, &json!("User not found")), "{id}");
        }
        assert_eq!(app.call("alice", get("/api/admin/users/unknown")).await.status, 403);
    }
}
