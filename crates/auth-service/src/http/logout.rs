use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::MessageResponse;
use steward_web::responses::Anywhere;
use steward_web::{AnyRequirement, ApiError, Caller};

use crate::AuthService;

/// Sign out
///
/// Ends the session of the token, which is then rejected everywhere. The request succeeds, too, if the token is missing
/// or no longer valid, so a client can repeat it.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = []), ()),
    responses(Anywhere, (status = 200, description = "Signed out", body = MessageResponse))
)]
#[post("/api/auth/logout")]
pub(super) async fn logout(
    service: Data<AuthService>,
    caller: Result<Caller<AnyRequirement>, ApiError>,
) -> Result<HttpResponse, ApiError> {
    match caller {
        Ok(caller) => service.logout(caller.session.id).await?,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => {}
        Err(error) => return Err(error),
    }
    Ok(HttpResponse::Ok().json(MessageResponse { message: "Logged out".to_owned() }))
}

#[cfg(test)]
mod tests {
    use steward_testkit::a_user;

    use crate::testing::http::{get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    #[actix_web::test]
    async fn logout_ends_its_own_session_and_may_be_repeated() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for _ in 0..2 {
            assert_eq!(app.call(with_token(post("/api/auth/logout"), &token)).await.status, 200);
            assert_eq!(app.call(with_token(get("/api/auth/me"), &token)).await.status, 401);
        }
        assert_eq!(app.call(post("/api/auth/logout")).await.status, 200);
    }
}
