use actix_web::{HttpRequest, HttpResponse, put};
use steward_contracts::Problem;
use steward_contracts::bodies::{UpdateUserRequest, UserBody};
use steward_domain::{DisplayName, Email, Role, UserChange};
use steward_web::parameters::IfMatch;
use steward_web::responses::{Anywhere, ChecksVersion, NamesUser, NeedsAdministrator, ReadsBody, ReturnsUser};
use steward_web::{
    Administrator, ApiError, CallerOrigin, Fields, JsonBody, boolean, if_match, path_user_id, text, user_tag,
};

use crate::http::{Service, to_context};

/// Update a user
///
/// Changes only the fields in the body. A new role or status takes effect with the user's next request. With
/// `If-Match`, the user changes only if the current version matches. A new address is not confirmed, and gets a mail with a
/// link that confirms it.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user id, in any case", example = "user123"),
        IfMatch,
    ),
    request_body = UpdateUserRequest,
    responses(
        Anywhere,
        ReturnsUser,
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The e-mail address is taken; the caller's own role or status; the last active super_admin"
        ),
        ChecksVersion,
        ReadsBody,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[put("/api/admin/users/{user_id}")]
pub(in crate::http) async fn update_user(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let versions = if_match(&request)?;
    let change = parse(body.fields()?)?;
    let user = service.update_user(to_context(administrator, origin), &user_id, change, versions).await?;
    Ok(HttpResponse::Ok().insert_header(user_tag(&user)).json(UserBody::from(user)))
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

    use crate::testing::TestApp;
    use crate::testing::http::{TestResponse, get, post, put};

    const ALICE: &str = "/api/admin/users/alice";

    #[actix_web::test]
    async fn only_the_fields_in_the_body_change() {
        let app = TestApp::new().await;
        let response = app.call("boss", put(ALICE, &json!({"name": " Alice Kim ", "email": null}))).await;
        assert_eq!((response.status, &response.body["name"]), (200, &json!("Alice Kim")));
        assert_eq!(response.body["email"], "alice@example.com");
        assert_eq!(response.body["updated_at"], "2026-01-02T03:05:05.678901Z");
        let nothing = app.call("boss", put(ALICE, &json!({}))).await;
        assert_eq!((nothing.status, nothing.body), (200, response.body));
        assert_eq!(app.only_entry().await.details.as_deref(), Some("name: alice → Alice Kim"));
    }

    #[actix_web::test]
    async fn if_match_prevents_lost_updates() {
        let app = TestApp::new().await;
        let tag = |response: &TestResponse| response.headers.get("etag").unwrap().to_str().unwrap().to_owned();
        let if_match = |tag: &str, name: &str| put(ALICE, &json!({"name": name})).insert_header(("if-match", tag));
        let version = tag(&app.call("boss", get(ALICE)).await);
        assert!(version.starts_with('"') && version.ends_with('"'), "{version}");
        app.open_session("alice").await;
        assert_eq!(tag(&app.call("boss", get(ALICE)).await), version, "a sign-in does not change the version");

        let changed = app.call("boss", if_match(&version, "One")).await;
        assert_eq!((changed.status, tag(&changed)), (200, tag(&app.call("boss", get(ALICE)).await)));
        for stale in [version.clone(), format!("W/{version}"), format!("{version}, \"x\""), "\"x\"".to_owned()] {
            let response = app.call("root", if_match(&stale, "Two")).await;
            let detail = &response.body["detail"];
            let expected = json!("The user's current version is not in If-Match: read the user again");
            assert_eq!((response.status, detail), (412, &expected), "{stale}");
        }
        for malformed in ["", "alice", "\"x", "*, \"x\""] {
            let response = app.call("root", if_match(malformed, "Two")).await;
            assert!(response.body["detail"].as_str().unwrap().contains("If-Match"), "{}", response.body);
            assert_eq!(response.status, 400, "{malformed}");
        }
        app.only_entry().await;
        assert_eq!(app.call("root", if_match(&format!("\"x\",{}", tag(&changed)), "Two")).await.status, 200);
        assert_eq!(app.call("root", if_match("*", "Three")).await.status, 200);
        let now = tag(&app.call("boss", get(ALICE)).await);
        let weakened = app.call("root", if_match(&format!("W/{now}"), "Four")).await;
        assert_eq!(weakened.status, 200, "a compressing proxy weakens the tag");
        let now = tag(&weakened);
        let suffixed = now.trim_end_matches('"').to_owned() + "-gzip\"";
        assert_eq!(app.call("root", if_match(&suffixed, "Five")).await.status, 200, "{suffixed}");
        for response in [
            app.call("boss", post(&format!("{ALICE}/deactivate"))).await,
            app.call("boss", post(&format!("{ALICE}/activate"))).await,
        ] {
            assert_ne!(tag(&response), tag(&changed));
        }
        let unknown = put("/api/admin/users/unknown", &json!({})).insert_header(("if-match", "*"));
        assert_eq!(app.call("boss", unknown).await.status, 404);
        let denied = put("/api/admin/users/chief", &json!({})).insert_header(("if-match", "\"x\""));
        assert_eq!(app.call("boss", denied).await.status, 403);
    }

    #[actix_web::test]
    async fn rejections_have_their_status() {
        let app = TestApp::new().await;
        for (caller, target, body, status) in [
            ("alice", "alice", json!({"name": "A"}), 403),
            ("boss", "chief", json!({"name": "A"}), 403),
            ("boss", "alice", json!({"role": "admin"}), 403),
            ("boss", "unknown", json!({"name": "A"}), 404),
            ("root", "root", json!({"role": "user"}), 409),
            ("boss", "alice", json!({"email": "eve@example.com"}), 409),
            ("boss", "alice", json!({"user_id": "alicia"}), 422),
            ("boss", "alice", json!({"name": "", "email": "x", "role": "boss", "is_active": "maybe"}), 422),
        ] {
            let response = app.call(caller, put(&format!("/api/admin/users/{target}"), &body)).await;
            assert_eq!(response.status, status, "{caller} → {target}: {body}");
        }
        let broken = put(ALICE, &json!({})).set_payload("{\"name\": ");
        assert_eq!(app.call("boss", broken).await.status, 400);
        assert!(app.audit_trail().await.is_empty());
    }
}
