use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use secrecy::ExposeSecret;
use steward_contracts::bodies::{LoginRequest, LoginResponse, TokenType, format_instant};
use steward_contracts::{Extensions, Problem};
use steward_domain::{Origin, PasswordAttempt, Timestamp};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, CallerOrigin, Fields, HttpError, IntoProblem, JsonBody, boolean, text};

use super::problems::LockedOut;
use crate::AuthService;
use crate::login::{LoginError, LoginIdentifier, SignInAttempt, SignInOutcome, SignedIn};

/// Sign in
///
/// Opens a session and returns its tokens. An unknown user id takes as long to reject as a wrong password. After five
/// failures, the next attempt from the same device or address is rejected for a minute (429). Each further failure
/// makes this time longer. Known and unknown ids are handled alike.
///
/// `restore` restores an account that its user deleted, until it is erased. Without it, the right password gets the problem
/// `account-deletion-pending` with `purge_at`, the time of the erasure.
#[utoipa::path(
    tag = "auth",
    request_body = LoginRequest,
    responses(
        Anywhere,
        (status = 200, description = "Signed in", body = LoginResponse),
        (
            status = 401, description = "Unknown user or wrong password", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, body = Problem,
            description = "The password is right, but the account is deactivated or deleted, or its address is not confirmed",
            content_type = "application/problem+json"
        ),
        ReadsBody,
    )
)]
#[post("/api/auth/login")]
pub(super) async fn login(
    service: Data<AuthService>,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let attempt = parse(body.fields()?, origin.0)?;
    match service.login(attempt).await? {
        SignInOutcome::SignedIn(signed_in) => Ok(HttpResponse::Ok().json(LoginResponse::from(*signed_in))),
        SignInOutcome::WrongCredentials => Err(wrong_credentials()),
        SignInOutcome::Deactivated => Err(account_deactivated()),
        SignInOutcome::DeletionPending(purge_at) => Err(deletion_pending(purge_at)),
        SignInOutcome::Unverified => Err(address_unverified()),
        SignInOutcome::Locked(wait) => Err(LockedOut { wait }.into()),
    }
}

fn wrong_credentials() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "wrong-credentials", "Not authenticated", "Invalid user ID or password")
}

fn account_deactivated() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "account-deactivated", "Account deactivated", "This account is deactivated")
}

fn deletion_pending(purge_at: Timestamp) -> ApiError {
    let detail = format!(
        "This account is deleted and will be erased at {}; sign in with \"restore\": true to restore it",
        format_instant(purge_at)
    );
    ApiError::new(StatusCode::FORBIDDEN, "account-deletion-pending", "Account deleted", detail)
        .with_extensions(Extensions { purge_at: Some(purge_at), ..Extensions::default() })
}

fn address_unverified() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "email-unverified",
        "Address not confirmed",
        "Confirm your e-mail address before you sign in: open the link in the mail that was sent to it",
    )
}

fn parse(mut fields: Fields, origin: Origin) -> Result<SignInAttempt, ApiError> {
    let claimed = fields.required("user_id", text(LoginIdentifier::parse));
    let password = fields.required("password", text(PasswordAttempt::parse));
    let device_token = fields.optional("device_token", text(|token| Ok(token.to_owned())));
    let restore = fields.optional("restore", boolean);
    let (claimed, password, device_token, restore) = fields.finish((claimed, password, device_token, restore))?;
    Ok(SignInAttempt { claimed, password, device_token, restore: restore.unwrap_or(false), origin })
}

impl From<SignedIn> for LoginResponse {
    fn from(signed_in: SignedIn) -> Self {
        let user = signed_in.user;
        Self {
            user_id: user.user_id.to_string(),
            user_name: user.name.to_string(),
            email: user.email.to_string(),
            role: user.role.into(),
            access_token: signed_in.token,
            token_type: TokenType::Bearer,
            expires_in: signed_in.expires_in,
            refresh_token: signed_in.refresh_token.text().expose_secret().to_owned(),
            refresh_expires_in: signed_in.refresh_expires_in,
            device_token: signed_in.device_token,
            must_change_password: user.must_change_password,
        }
    }
}

impl IntoProblem for LoginError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Hashing(error) => error.into(),
            Self::Signing(error) => HttpError::Internal(error.to_string()).into(),
            Self::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::a_user;

    use crate::testing::http::post;
    use crate::testing::{PASSWORD, TestApp, service_hashing};
    use crate::{Cost, HashingSettings};

    const LOGIN: &str = "/api/auth/login";

    #[actix_web::test]
    async fn a_sign_in_returns_the_response_of_the_guide() {
        let app = TestApp::new().await;
        app.create(a_user("admin").super_admin().name("System Administrator").email("admin@example.com")).await;
        let body = json!({"user_id": "ADMIN", "password": PASSWORD});
        let mut response = app.call(post(LOGIN).set_json(body)).await;
        assert_eq!(response.status, 200);
        assert_eq!(response.headers.get("cache-control").unwrap(), "no-store");
        let token = response.body["access_token"].take();
        assert!(token.as_str().is_some_and(|token| token.starts_with("eyJ0eXAiOiJKV1QiLCJhbGc")));
        assert!(response.body.as_object_mut().unwrap().remove("device_token").is_some_and(|token| token.is_string()));
        let refresh_token = response.body["refresh_token"].take();
        assert_eq!(refresh_token.as_str().map(str::len), Some(43));
        let expected = json!({
            "user_id": "admin", "user_name": "System Administrator", "email": "admin@example.com",
            "role": "super_admin", "access_token": null, "token_type": "bearer", "expires_in": 3600,
            "refresh_token": null, "refresh_expires_in": 604_800,
            "must_change_password": false,
        });
        assert_eq!(response.body, expected);
    }

    #[actix_web::test]
    async fn every_rejection_has_the_same_detail() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        for (user_id, password) in [("alice", "wrong"), ("unknown", PASSWORD), ("a", "x"), ("홍길동", "x"), ("", "x")]
        {
            let response = app.call(post(LOGIN).set_json(json!({"user_id": user_id, "password": password}))).await;
            assert_eq!(response.status, 401, "{user_id}");
            assert_eq!(response.body["detail"], "Invalid user ID or password", "{user_id}");
        }
        assert_eq!(app.hashes(), 5);
    }

    #[actix_web::test]
    async fn unknown_ids_get_the_same_responses_as_known_ones_before_and_during_a_lock() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let mut by_user_id = Vec::new();
        for user_id in ["alice", "unknown", "홍길동", "!"] {
            let mut responses = Vec::new();
            for password in ["wrong", "wrong", "wrong", "wrong", "wrong", "wrong", PASSWORD] {
                let body = json!({"user_id": user_id, "password": password});
                let mut response = app.call(post(LOGIN).set_json(body)).await;
                response.body["request_id"].take();
                let mut headers: Vec<_> =
                    response.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                headers.retain(|(name, _)| name != "x-request-id");
                headers.sort_by(|a, b| a.0.cmp(&b.0));
                responses.push((response.status, headers, response.body.to_string()));
            }
            by_user_id.push(responses);
        }
        let statuses: Vec<_> = by_user_id[0].iter().map(|response| response.0).collect();
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
        assert!(
            by_user_id[0][6].1.iter().any(|(name, value)| name == "retry-after" && value == "60"),
            "{by_user_id:#?}"
        );
        assert!(by_user_id.iter().all(|responses| *responses == by_user_id[0]), "{by_user_id:#?}");
    }

    #[actix_web::test]
    async fn a_device_token_is_returned_and_accepted() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let body = json!({"user_id": "alice", "password": PASSWORD});
        let token = app.call(post(LOGIN).set_json(body)).await.body["device_token"].take();
        assert_eq!(token.as_str().unwrap().len(), 64);
        for (sent, is_kept) in [(token.clone(), true), (json!("garbage"), false), (json!(null), false)] {
            let body = json!({"user_id": "alice", "password": PASSWORD, "device_token": sent});
            let response = app.call(post(LOGIN).set_json(body)).await;
            assert_eq!((response.status, response.body["device_token"] == token), (200, is_kept), "{sent}");
        }
        let body = json!({"user_id": "alice", "password": PASSWORD, "device_token": 7});
        assert_eq!(app.call(post(LOGIN).set_json(body)).await.status, 422);
    }

    #[actix_web::test]
    async fn a_deactivated_account_is_403() {
        let app = TestApp::new().await;
        app.create(a_user("eve").inactive()).await;
        let response = app.call(post(LOGIN).set_json(json!({"user_id": "eve", "password": PASSWORD}))).await;
        assert_eq!((response.status, &response.body["detail"]), (403, &json!("This account is deactivated")));
    }

    #[actix_web::test]
    async fn an_unconfirmed_address_is_403_if_the_setting_requires_it() {
        let app = TestApp::new().await.with_settings(|settings| settings.requires_verified_email = true);
        app.create(a_user("alice")).await;
        let response = app.call(post(LOGIN).set_json(json!({"user_id": "alice", "password": PASSWORD}))).await;
        assert_eq!(response.status, 403);
        assert!(response.body["type"].as_str().unwrap().ends_with("email-unverified"), "{}", response.body);
    }

    #[actix_web::test]
    async fn invalid_input_is_rejected_before_hashing() {
        let app = TestApp::new().await;
        for (body, fields) in [
            (json!({}), vec!["user_id", "password"]),
            (json!({"user_id": 1, "password": null}), vec!["user_id", "password"]),
            (json!({"user_id": "alice", "password": ""}), vec!["password"]),
            (json!({"user_id": "alice", "password": "a".repeat(73)}), vec!["password"]),
            (json!({"user_id": "alice", "password": "a\0"}), vec!["password"]),
            (json!({"user_id": "a".repeat(101), "password": "x"}), vec!["user_id"]),
            (json!({"user_id": "alice", "password": "x", "extra": 1}), vec!["extra"]),
        ] {
            let response = app.call(post(LOGIN).set_json(&body)).await;
            assert_eq!(response.status, 422, "{body}");
            let reported: Vec<_> =
                response.body["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
            assert_eq!(reported, fields, "{body}");
        }
        let text = app.call(post(LOGIN).insert_header(("content-type", "text/plain")).set_payload("{}")).await;
        assert_eq!(text.status, 415);
        assert_eq!(app.hashes(), 0);
    }

    #[actix_web::test]
    async fn a_full_hashing_queue_is_503_with_retry_after() {
        let mut app = TestApp::new().await;
        let no_room = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 1, queue: 0 };
        app.service = service_hashing(app.ports.clone(), no_room);
        let response = app.call(post(LOGIN).set_json(json!({"user_id": "alice", "password": "x"}))).await;
        assert_eq!(response.status, 503);
        assert!(response.headers.contains_key("retry-after"));
        assert_eq!(app.service.hashing_stats().refused, 1);
    }
}
