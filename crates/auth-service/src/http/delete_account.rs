use actix_web::web::Data;
use actix_web::{HttpResponse, delete};
use steward_contracts::Problem;
use steward_contracts::bodies::{DeleteAccountRequest, DeletedAccount};
use steward_domain::PasswordAttempt;
use steward_domain::ports::ChangeError;
use steward_web::responses::{Anywhere, NeedsToken, ReadsBody};
use steward_web::{ApiError, Caller, CallerOrigin, HttpError, IntoProblem, JsonBody, NoRequirement, text};

use super::problems::current_password_problem;
use crate::AuthService;
use crate::delete_account::{DeleteAccountError, ScheduledDeletion};

/// Delete own account
///
/// Requires the password. A wrong one is a 422 with `password` among the `errors`, since 401 is about the token. Failed
/// attempts are counted; after too many of them the response is 429. Every session of the caller ends. A sign-in with
/// `restore` restores the account until `purge_at`, 14 days later. Then it is erased: audit entries keep the user id, and
/// no other data of the user remains.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body = DeleteAccountRequest,
    responses(
        Anywhere,
        (status = 202, description = "The account is inactive and will be erased", body = DeletedAccount),
        (
            status = 409, description = "The caller is the last active super_admin", body = Problem,
            content_type = "application/problem+json"
        ),
        ReadsBody,
        NeedsToken,
    )
)]
#[delete("/api/auth/me")]
pub(super) async fn delete_account(
    service: Data<AuthService>,
    caller: Caller<NoRequirement>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let mut fields = body.fields()?;
    let password = fields.required("password", text(PasswordAttempt::parse));
    let password = fields.finish(password)?;
    let ScheduledDeletion { deleted_at, purge_at } =
        service.delete_account(&caller.session, &password, &origin.0).await?;
    Ok(HttpResponse::Accepted().json(DeletedAccount { deleted_at, purge_at }))
}

impl IntoProblem for DeleteAccountError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Current(error) => current_password_problem("password", error),
            Self::Change(ChangeError::NotFound) => HttpError::Unauthenticated.into(),
            Self::Change(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::{a_user, at};

    use crate::testing::http::{delete, get, post, with_token};
    use crate::testing::{PASSWORD, TestApp};

    const ME: &str = "/api/auth/me";
    const LOGIN: &str = "/api/auth/login";

    #[actix_web::test]
    async fn a_deleted_account_is_signed_out_and_a_sign_in_restores_it() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        app.clock.set(at(60));
        let response = app.call(with_token(delete(ME).set_json(json!({"password": PASSWORD})), &token)).await;
        let (deleted, purged) = ("2026-01-02T03:05:05.678901Z", "2026-01-16T03:05:05.678901Z");
        assert_eq!((response.status, response.body), (202, json!({"deleted_at": deleted, "purge_at": purged})));
        assert_eq!(app.call(with_token(get(ME), &token)).await.status, 401);

        let body = json!({"user_id": "alice", "password": PASSWORD});
        let response = app.call(post(LOGIN).set_json(&body)).await;
        assert_eq!(response.status, 403);
        assert_eq!(response.body["type"], "urn:steward:problem:account-deletion-pending");
        assert_eq!(response.body["purge_at"], purged);
        assert!(response.body["detail"].as_str().unwrap().contains("restore"));
        let wrong = json!({"user_id": "alice", "password": "wrong", "restore": true});
        let response = app.call(post(LOGIN).set_json(wrong)).await;
        assert_eq!((response.status, &response.body["detail"]), (401, &json!("Invalid user ID or password")));
        assert!(response.body.get("purge_at").is_none());

        let restore = json!({"user_id": "alice", "password": PASSWORD, "restore": true});
        let response = app.call(post(LOGIN).set_json(restore)).await;
        assert_eq!((response.status, &response.body["user_id"]), (200, &json!("alice")));
        assert_eq!(app.call(post(LOGIN).set_json(body)).await.status, 200);
    }

    #[actix_web::test]
    async fn errors_name_the_password_and_delete_nothing() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        app.create(a_user("root").super_admin()).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for body in [json!({}), json!({"password": "wrong"}), json!({"password": ""}), json!({"password": 1})] {
            let response = app.call(with_token(delete(ME).set_json(&body), &token)).await;
            assert_eq!((response.status, &response.body["errors"][0]["field"]), (422, &json!("password")), "{body}");
        }
        assert_eq!(app.call(delete(ME).set_json(json!({"password": PASSWORD}))).await.status, 401);
        assert_eq!(app.call(with_token(get(ME), &token)).await.status, 200);
        let root = app.log_in("root", PASSWORD).await.unwrap().token;
        let response = app.call(with_token(delete(ME).set_json(json!({"password": PASSWORD})), &root)).await;
        assert_eq!((response.status, &response.body["type"]), (409, &json!("urn:steward:problem:last-super-admin")));
    }

    #[actix_web::test]
    async fn wrong_passwords_lock_the_session_out() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        let mut statuses = Vec::new();
        for password in ["wrong", "wrong", "wrong", "wrong", "wrong", "wrong", PASSWORD] {
            let body = json!({"password": password});
            statuses.push(app.call(with_token(delete(ME).set_json(body), &token)).await.status);
        }
        assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429]);
    }
}
