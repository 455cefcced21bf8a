use actix_web::{HttpRequest, HttpResponse, put};
use steward_contracts::Problem;
use steward_contracts::bodies::{UpdateUserRequest, UserBody};
use steward_domain::{DisplayName, Email, Role, UserChange};
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, ReadsBody};
use steward_web::{
    Administrator, ApiError, CallerOrigin, Fields, JsonBody, boolean, if_match, path_user_id, text, user_tag,
};

use crate::http::{Service, context};

/// Change a user
///
/// Only what is sent changes. A new role or status holds from the user's very next request. With `If-Match`, nothing
/// changes unless the user still is as the caller saw them.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user's id, in any case", example = "user123"),
        (
            "If-Match" = Option<String>, Header, example = "\"rT7mKq4xZb9wHd2c\"",
            pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#,
            description = "`ETag` of the user as they were seen, strong or weak, or a list of such; `*` stands for any"
        ),
    ),
    request_body = UpdateUserRequest,
    responses(
        Anywhere,
        (
            status = 200, description = "The user as they now are", body = UserBody,
            headers(("ETag" = String, description = "The user's version, for `If-Match`"))
        ),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The e-mail address is taken; one's own role or status; the last active super_admin"
        ),
        (
            status = 412, body = Problem, content_type = "application/problem+json",
            description = "The user is not at a version that `If-Match` names"
        ),
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
    let seen = if_match(&request)?;
    let change = parse(body.fields()?)?;
    let user = service.update_user(context(administrator, origin), &user_id, change, seen).await?;
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
    use crate::testing::http::{Answer, get, post, put};

    const ALICE: &str = "/api/admin/users/alice";

    #[actix_web::test]
    async fn changes_what_is_sent_and_answers_with_the_user() {
        let app = TestApp::new().await;
        let answer = app.call("boss", put(ALICE, &json!({"name": " Alice Kim ", "email": null}))).await;
        assert_eq!((answer.status, &answer.body["name"]), (200, &json!("Alice Kim")));
        assert_eq!(answer.body["email"], "alice@example.com");
        assert_eq!(answer.body["updated_at"], "2026-01-02T03:05:05.678901Z");
        let nothing = app.call("boss", put(ALICE, &json!({}))).await;
        assert_eq!((nothing.status, nothing.body), (200, answer.body));
        assert_eq!(app.only_entry().await.details.as_deref(), Some("name: alice → Alice Kim"));
    }

    #[actix_web::test]
    async fn whoever_sends_the_version_they_saw_undoes_nothing_unseen() {
        let app = TestApp::new().await;
        let tag = |answer: &Answer| answer.headers.get("etag").unwrap().to_str().unwrap().to_owned();
        let if_match = |tag: &str, name: &str| put(ALICE, &json!({"name": name})).insert_header(("if-match", tag));
        let seen = tag(&app.call("boss", get(ALICE)).await);
        assert!(seen.starts_with('"') && seen.ends_with('"'), "{seen}");
        app.open_session("alice").await;
        assert_eq!(tag(&app.call("boss", get(ALICE)).await), seen, "a sign-in is no change");

        let changed = app.call("boss", if_match(&seen, "One")).await;
        assert_eq!((changed.status, tag(&changed)), (200, tag(&app.call("boss", get(ALICE)).await)));
        for stale in [seen.clone(), format!("W/{seen}"), format!("{seen}, \"x\""), "\"x\"".to_owned()] {
            let answer = app.call("root", if_match(&stale, "Two")).await;
            let detail = &answer.body["detail"];
            let expected = json!("The user is not at a version that If-Match names: read the user again");
            assert_eq!((answer.status, detail), (412, &expected), "{stale}");
        }
        for malformed in ["", "alice", "\"x", "*, \"x\""] {
            let answer = app.call("root", if_match(malformed, "Two")).await;
            assert!(answer.body["detail"].as_str().unwrap().contains("If-Match"), "{}", answer.body);
            assert_eq!(answer.status, 400, "{malformed}");
        }
        app.only_entry().await;
        assert_eq!(app.call("root", if_match(&format!("\"x\",{}", tag(&changed)), "Two")).await.status, 200);
        assert_eq!(app.call("root", if_match("*", "Three")).await.status, 200);
        let now = tag(&app.call("boss", get(ALICE)).await);
        let weakened = app.call("root", if_match(&format!("W/{now}"), "Four")).await;
        assert_eq!(weakened.status, 200, "a proxy compressed the answer and weakened its tag");
        let now = tag(&weakened);
        let suffixed = now.trim_end_matches('"').to_owned() + "-gzip\"";
        assert_eq!(app.call("root", if_match(&suffixed, "Five")).await.status, 200, "{suffixed}");
        for answer in [
            app.call("boss", post(&format!("{ALICE}/deactivate"))).await,
            app.call("boss", post(&format!("{ALICE}/activate"))).await,
        ] {
            assert_ne!(tag(&answer), tag(&changed));
        }
        let nobody = put("/api/admin/users/nobody", &json!({})).insert_header(("if-match", "*"));
        assert_eq!(app.call("boss", nobody).await.status, 404);
        let denied = put("/api/admin/users/chief", &json!({})).insert_header(("if-match", "\"x\""));
        assert_eq!(app.call("boss", denied).await.status, 403);
    }

    #[actix_web::test]
    async fn refusals_have_their_status() {
        let app = TestApp::new().await;
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
            let answer = app.call(caller, put(&format!("/api/admin/users/{target}"), &body)).await;
            assert_eq!(answer.status, status, "{caller} → {target}: {body}");
        }
        let broken = put(ALICE, &json!({})).set_payload("{\"name\": ");
        assert_eq!(app.call("boss", broken).await.status, 400);
        assert!(app.trail().await.is_empty());
    }
}
