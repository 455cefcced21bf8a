use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{LoginResponse, RefreshRequest};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, CallerOrigin, Fields, HttpError, IntoProblem, JsonBody, text};

use crate::AuthService;
use crate::refresh::RefreshError;
use crate::refresh_token::RefreshToken;

/// Refresh tokens
///
/// Exchanges a refresh token for a new access token and a new refresh token. A refresh token is valid once. A client
/// that lost the response may repeat the request within ten seconds (`STEWARD_REFRESH_GRACE`) and gets the same refresh
/// token. A later repetition indicates a stolen token and ends the session.
#[utoipa::path(
    tag = "auth",
    request_body = RefreshRequest,
    responses(
        Anywhere,
        (status = 200, description = "The new tokens", body = LoginResponse),
        (
            status = 401, description = "The refresh token is not valid, or its session has ended",
            body = Problem, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "`Bearer`"))
        ),
        ReadsBody,
    )
)]
#[post("/api/auth/refresh")]
pub(super) async fn refresh(
    service: Data<AuthService>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let token = parse(body.fields()?)?.ok_or(HttpError::Unauthenticated)?;
    let signed_in = service.refresh(&token, origin.0).await?;
    Ok(HttpResponse::Ok().json(LoginResponse::from(signed_in)))
}

/// Returns the token. A malformed token is `None`, so that it is rejected like an unknown one.
fn parse(mut fields: Fields) -> Result<Option<RefreshToken>, ApiError> {
    let token = fields.required("refresh_token", text(|text| Ok(RefreshToken::parse(text))));
    Ok(fields.finish(token)?)
}

impl IntoProblem for RefreshError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Invalid => HttpError::Unauthenticated.into(),
            Self::Signing(error) => HttpError::Internal(error.to_string()).into(),
            Self::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_testkit::{a_user, at};

    use crate::testing::http::{TestResponse, get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    async fn login(app: &TestApp) -> Value {
        let body = json!({"user_id": "alice", "password": PASSWORD});
        app.call(post("/api/auth/login").set_json(body)).await.body
    }

    async fn refresh(app: &TestApp, token: &Value) -> TestResponse {
        app.call(post("/api/auth/refresh").set_json(json!({"refresh_token": token}))).await
    }

    #[actix_web::test]
    async fn a_refresh_returns_new_tokens_of_the_same_session() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let first = login(&app).await;
        assert_eq!(
            (&first["refresh_expires_in"], first["refresh_token"].as_str().unwrap().len()),
            (&json!(604_800), 43)
        );
        app.clock.set(at(3600));
        let response = refresh(&app, &first["refresh_token"]).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.headers.get("cache-control").unwrap(), "no-store");
        for field in ["access_token", "refresh_token"] {
            assert_ne!(response.body[field], first[field], "{field}");
        }
        for field in ["user_id", "user_name", "email", "role", "token_type", "expires_in", "must_change_password"] {
            assert_eq!(response.body[field], first[field], "{field}");
        }
        let token = response.body["access_token"].as_str().unwrap();
        assert_eq!(app.call(with_token(get("/api/auth/me"), token)).await.body["user_id"], "alice");
    }

    #[actix_web::test]
    async fn every_invalid_token_gets_the_same_response() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let first = login(&app).await;
        let next = refresh(&app, &first["refresh_token"]).await.body;
        app.clock.set(at(10));
        let never = json!("A".repeat(43));
        let mut responses = Vec::new();
        let wrong = [&json!(""), &json!("garbage"), &never, &first["access_token"], &first["refresh_token"]];
        for token in wrong.into_iter().chain([&next["refresh_token"]]) {
            let mut response = refresh(&app, token).await;
            assert_eq!((response.status, &response.body["detail"]), (401, &json!("Could not validate credentials")));
            assert_eq!(response.headers.get("www-authenticate").unwrap(), "Bearer");
            response.body["request_id"].take();
            responses.push(response.body);
        }
        assert!(responses.windows(2).all(|two| two[0] == two[1]), "{responses:#?}");
        let token = next["access_token"].as_str().unwrap();
        assert_eq!(app.call(with_token(get("/api/auth/me"), token)).await.status, 401, "the session ended");
    }

    #[actix_web::test]
    async fn a_refresh_token_is_no_access_token() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = login(&app).await["refresh_token"].take();
        let response = app.call(with_token(get("/api/auth/me"), token.as_str().unwrap())).await;
        assert_eq!(response.status, 401);
    }

    #[actix_web::test]
    async fn an_invalid_body_is_422() {
        let app = TestApp::new().await;
        for body in [json!({}), json!({"refresh_token": 1}), json!({"refresh_token": "x", "extra": 1})] {
            assert_eq!(app.call(post("/api/auth/refresh").set_json(&body)).await.status, 422, "{body}");
        }
    }
}
