use actix_web::{HttpResponse, get};
use steward_contracts::bodies::UserBody;
use steward_web::responses::{Anywhere, NeedsAnyToken};
use steward_web::{AnyRequirement, Caller};

/// Get own account
///
/// Returns the current data of the signed-in user.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(Anywhere, (status = 200, description = "The user", body = UserBody), NeedsAnyToken)
)]
#[get("/api/auth/me")]
pub(super) async fn me(caller: Caller<AnyRequirement>) -> HttpResponse {
    HttpResponse::Ok().json(UserBody::from(caller.session.user))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::http::{get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    #[actix_web::test]
    async fn me_returns_the_callers_account() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        let response = app.call(with_token(get("/api/auth/me"), &token)).await;
        assert_eq!((response.status, &response.body["user_id"]), (200, &json!("alice")));
        assert!(!response.body.to_string().contains("$2b$"));
    }

    #[actix_web::test]
    async fn without_a_valid_token_the_status_is_401_with_a_challenge() {
        let app = TestApp::new().await;
        for request in [get("/api/auth/me"), with_token(get("/api/auth/me"), "a.b.c")] {
            let response = app.call(request).await;
            assert_eq!((response.status, &response.body["detail"]), (401, &json!("Could not validate credentials")));
            assert_eq!(response.headers.get("www-authenticate").unwrap(), "Bearer");
        }
    }

    #[actix_web::test]
    async fn another_method_is_405() {
        let app = TestApp::new().await;
        assert_eq!(app.call(post("/api/auth/me")).await.status, 405);
        assert_eq!(app.call(get("/api/auth/nothing")).await.status, 404);
    }
}
