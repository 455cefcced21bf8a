use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, put};
use steward_contracts::Problem;
use steward_contracts::bodies::{UpdateOwnAccountRequest, UserBody};
use steward_domain::DisplayName;
use steward_web::responses::{Anywhere, NeedsAnyToken, ReadsBody};
use steward_web::{ApiError, Caller, CallerOrigin, Fields, IntoProblem, JsonBody, text};

use crate::AuthService;
use crate::profile::ChangeNameError;

/// Update own account
///
/// Changes the name. Operators may reserve that for administrators.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body = UpdateOwnAccountRequest,
    responses(
        Anywhere,
        (status = 200, description = "The updated user", body = UserBody),
        (
            status = 403, body = Problem, content_type = "application/problem+json",
            description = "Users may not change their own name, or the caller must change their password first"
        ),
        ReadsBody,
        NeedsAnyToken,
    )
)]
#[put("/api/auth/me")]
pub(in crate::http) async fn update_own_account(
    service: Data<AuthService>,
    caller: Caller,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let name = parse(body.fields()?)?;
    let user = service.change_own_name(&caller.session, name, origin.0).await?;
    Ok(HttpResponse::Ok().json(UserBody::from(user)))
}

fn parse(mut fields: Fields) -> Result<DisplayName, ApiError> {
    let name = fields.required("name", text(DisplayName::parse));
    Ok(fields.finish(name)?)
}

impl IntoProblem for ChangeNameError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Disabled => ApiError::new(
                StatusCode::FORBIDDEN,
                "name-change-disabled",
                "Not allowed",
                "Only an administrator can change your name",
            ),
            Self::Change(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::http::{get, put, with_token};
    use crate::testing::{PASSWORD, TestApp};

    #[actix_web::test]
    async fn users_change_their_own_name() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for _ in 0..2 {
            let body = json!({"name": " Alice Kim "});
            let response = app.call(with_token(put("/api/auth/me").set_json(body), &token)).await;
            assert_eq!((response.status, &response.body["name"]), (200, &json!("Alice Kim")));
        }
        let me = app.call(with_token(get("/api/auth/me"), &token)).await;
        assert_eq!(me.body["name"], "Alice Kim");
        let trail = app.audit_trail().await;
        let changes: Vec<_> = trail.iter().filter(|entry| entry.action == "USER_UPDATED").collect();
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].details.as_deref(), Some("name: alice → Alice Kim"));
    }

    #[actix_web::test]
    async fn rejections_have_their_status() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for (body, status) in
            [(json!({}), 422), (json!({"name": ""}), 422), (json!({"name": "A", "role": "admin"}), 422)]
        {
            let response = app.call(with_token(put("/api/auth/me").set_json(&body), &token)).await;
            assert_eq!(response.status, status, "{body}");
        }
        assert_eq!(app.call(put("/api/auth/me").set_json(json!({"name": "A"}))).await.status, 401);

        let app = app.without_name_change();
        let response = app.call(with_token(put("/api/auth/me").set_json(json!({"name": "A"})), &token)).await;
        assert_eq!(
            (response.status, &response.body["type"]),
            (403, &json!("urn:steward:problem:name-change-disabled"))
        );
        assert_eq!(app.user("alice").await.name.as_str(), "alice");
    }
}
