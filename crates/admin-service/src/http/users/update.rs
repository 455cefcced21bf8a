use actix_web::{HttpRequest, HttpResponse, put};
use steward_contracts::Problem;
use steward_contracts::bodies::{UpdateUserRequest, UserBody};
use steward_domain::{DisplayName, Email, Role, UserChange};
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, ReadsBody};
use steward_web::{Administrator, ApiError, CallerOrigin, Fields, JsonBody, boolean, path_user_id, text};

use crate::http::{Service, deed};

/// Change a user
///
/// Only what is sent changes. A new role or status holds from the user's very next request.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user's id, in any case", example = "user123")),
    request_body = UpdateUserRequest,
    responses(
        Anywhere,
        (status = 200, description = "The user as they now are", body = UserBody),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The e-mail address is taken; one's own role or status; the last active super_admin"
        ),
        ReadsBody,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[put("/users/{user_id}")]
pub(in crate::http) async fn update_user(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let change = parse(body.fields()?)?;
    let user = service.update_user(deed(administrator, origin), &user_id, change).await?;
    Ok(HttpResponse::Ok().json(UserBody::from(user)))
}

fn parse(mut fields: Fields) -> Result<UserChange, ApiError> {
    let email = fields.optional("email", text(Email::parse));
    let name = fields.optional("name", text(DisplayName::parse));
    let role = fields.optional("role", text(Role::parse));
    let is_active = fields.optional("is_active", boolean);
    let (email, name, role, is_active) = fields.finish((email, name, role, is_active))?;
    Ok(UserChange { email, name, role, is_active })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Stage;
    use crate::testing::http::put;

    const ALICE: &str = "/api/admin/users/alice";

    #[actix_web::test]
    async fn changes_what_is_sent_and_answers_with_the_user() {
        let stage = Stage::new().await;
        let answer = stage.call("boss", put(ALICE, &json!({"name": " Alice Kim ", "email": null}))).await;
        assert_eq!((answer.status, &answer.body["name"]), (200, &json!("Alice Kim")));
        assert_eq!(answer.body["email"], "alice@example.com");
        assert_eq!(answer.body["updated_at"], "2026-01-02T03:05:05.678901Z");
        let nothing = stage.call("boss", put(ALICE, &json!({}))).await;
        assert_eq!((nothing.status, nothing.body), (200, answer.body));
        assert_eq!(stage.only_entry().await.details.as_deref(), Some("name: alice → Alice Kim"));
    }

    #[actix_web::test]
    async fn refusals_have_their_status() {
        let stage = Stage::new().await;
        for (caller, target, body, status) in [
            ("alice", "alice", json!({"name": "A"}), 403),
            ("boss", "chief", json!({"name": "A"}), 403),
            ("boss", "alice", json!({"role": "admin"}), 403),
            ("boss", "nobody", json!({"name": "A"}), 404),
            ("root", "root", json!({"role": "user"}), 409),
            ("boss", "alice", json!({"email": "eve@example.com"}), 409),
            ("boss", "alice", json!({"user_id": "alicia"}), 422),
            ("boss", "alice", json!({"name": "", "email": "x", "role": "boss", "is_active": "maybe"}), 422),
        ] {
            let answer = stage.call(caller, put(&format!("/api/admin/users/{target}"), &body)).await;
            assert_eq!(answer.status, status, "{caller} → {target}: {body}");
        }
        let broken = put(ALICE, &json!({})).set_payload("{\"name\": ");
        assert_eq!(stage.call("boss", broken).await.status, 400);
        assert!(stage.trail().await.is_empty());
    }
}
