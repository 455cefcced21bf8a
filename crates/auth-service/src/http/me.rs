use actix_web::{HttpResponse, get};
use steward_contracts::bodies::UserBody;
use steward_web::AnyCaller;
use steward_web::responses::{Anywhere, NeedsAnyToken};

/// Who am I
///
/// The user that the token belongs to, as they are at this moment.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(Anywhere, (status = 200, description = "The caller", body = UserBody), NeedsAnyToken)
)]
#[get("/api/auth/me")]
pub(super) async fn me(caller: AnyCaller) -> HttpResponse {
    HttpResponse::Ok().json(UserBody::from(caller.session.user))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::http::{get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    #[actix_web::test]
    async fn shows_the_callers_own_account() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        let answer = app.call(with_token(get("/api/auth/me"), &token)).await;
        assert_eq!((answer.status, &answer.body["user_id"]), (200, &json!("alice")));
        assert!(!answer.body.to_string().contains("$2b$"));
    }

    #[actix_web::test]
    async fn without_a_good_token_it_is_401_with_a_challenge() {
        let app = TestApp::new().await;
        for request in [get("/api/auth/me"), with_token(get("/api/auth/me"), "a.b.c")] {
            let answer = app.call(request).await;
            assert_eq!((answer.status, &answer.body["detail"]), (401, &json!("Could not validate credentials")));
            assert_eq!(answer.headers.get("www-authenticate").unwrap(), "Bearer");
        }
    }

    #[actix_web::test]
    async fn another_method_is_405() {
        let app = TestApp::new().await;
        assert_eq!(app.call(post("/api/auth/me")).await.status, 405);
        assert_eq!(app.call(get("/api/auth/nothing")).await.status, 404);
    }
}
