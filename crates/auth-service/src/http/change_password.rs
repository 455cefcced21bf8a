use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::{ChangePasswordRequest, MessageResponse};
use steward_domain::{Invalid, Password, PasswordAttempt};
use steward_web::responses::{Anywhere, NeedsAnyToken, ReadsBody};
use steward_web::{ApiError, Caller, CallerOrigin, ChangePassword, Fields, HttpError, IntoProblem, JsonBody, text};

use super::problems::current_password_problem;
use crate::AuthService;
use crate::change_password::ChangePasswordError;

/// Change own password
///
/// Requires the current password. A wrong one is a 422 with `current_password` among the `errors`, since 401 is about
/// the token. Failed attempts are counted; after too many of them the response is 429. The other sessions of the user
/// end; the acting session and its tokens stay valid. A caller who must change the password may use this endpoint, and
/// all others afterwards.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body = ChangePasswordRequest,
    responses(
        Anywhere,
        (status = 200, description = "The password was changed", body = MessageResponse),
        ReadsBody,
        NeedsAnyToken,
    )
)]
#[post("/api/auth/change-password")]
pub(super) async fn change_password(
    service: Data<AuthService>,
    caller: Caller<ChangePassword>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (current, new) = parse(body.fields()?)?;
    service.change_password(&caller.session, &current, new, &origin.0).await?;
    Ok(HttpResponse::Ok().json(MessageResponse { message: "Password changed".to_owned() }))
}

fn parse(mut fields: Fields) -> Result<(PasswordAttempt, Password), ApiError> {
    let current = fields.required("current_password", text(PasswordAttempt::parse));
    let new = fields.required("new_password", text(Password::parse));
    Ok(fields.finish((current, new))?)
}

impl IntoProblem for ChangePasswordError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Current(error) => current_password_problem("current_password", error),
            Self::SamePassword => {
                HttpError::invalid_field("new_password", &Invalid::new("must differ from the current password")).into()
            }
            Self::WeakPassword(weak) => ApiError::weak_password("new_password", weak),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::http::{get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    const CHANGE: &str = "/api/auth/change-password";

    #[actix_web::test]
    async fn the_new_password_applies_and_the_token_stays_valid() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple"});
        let response = app.call(with_token(post(CHANGE).set_json(body), &token)).await;
        assert_eq!((response.status, &response.body), (200, &json!({"message": "Password changed"})));
        assert_eq!(app.call(with_token(get("/api/auth/me"), &token)).await.status, 200);
        assert!(app.log_in("alice", "battery staple").await.is_ok());
        assert_eq!(app.audit_trail().await[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
    }

    #[actix_web::test]
    async fn errors_name_the_fields_and_never_quote_passwords() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for (current, new, fields) in [
            ("battery wrong", "battery staple", vec!["current_password"]),
            (PASSWORD, PASSWORD, vec!["new_password"]),
            (PASSWORD, "password123", vec!["new_password"]),
            (PASSWORD, "alice in chains 7", vec!["new_password"]),
            (PASSWORD, "short7!", vec!["new_password"]),
            ("", "short7!", vec!["current_password", "new_password"]),
            (PASSWORD, &"a long password".repeat(6)[..73], vec!["new_password"]),
            (&"a long password".repeat(6)[..73], "battery staple", vec!["current_password"]),
        ] {
            let body = json!({"current_password": current, "new_password": new});
            let response = app.call(with_token(post(CHANGE).set_json(body), &token)).await;
            assert_eq!(response.status, 422, "{current} {new}");
            let reported: Vec<_> =
                response.body["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
            assert_eq!(reported, fields, "{current} {new}");
            assert!(!response.body.to_string().contains(new));
        }
        assert!(app.log_in("alice", PASSWORD).await.is_ok());
    }

    #[actix_web::test]
    async fn without_a_valid_token_nothing_is_hashed() {
        let app = TestApp::new().await;
        let body = json!({"current_password": PASSWORD, "new_password": "battery staple"});
        for request in [post(CHANGE).set_json(&body), with_token(post(CHANGE).set_json(&body), "a.b.c")] {
            assert_eq!(app.call(request).await.status, 401);
        }
        assert_eq!(app.hashes(), 0);
    }
}
