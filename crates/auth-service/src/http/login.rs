use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use secrecy::ExposeSecret;
use steward_contracts::Problem;
use steward_contracts::bodies::{LoginRequest, LoginResponse, TokenType};
use steward_domain::{Origin, PasswordAttempt};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, CallerOrigin, Fields, JsonBody, text};

use crate::AuthService;
use crate::hashing::HashingError;
use crate::login::{LoginError, LoginIdentifier, SignInAttempt, SignedIn};

/// Sign in
///
/// Opens a session and returns its bearer token. A wrong user id takes as long to refuse as a wrong password. After five
/// failures the next attempt from the same device or address is refused for a minute (429), and for longer after each
/// further one, whether the id is anybody's or not.
#[utoipa::path(
    tag = "auth",
    request_body = LoginRequest,
    responses(
        Anywhere,
        (status = 200, description = "Signed in", body = LoginResponse),
        (
            status = 401, description = "No such user, or another password", body = Problem,
            content_type = "application/problem+json"
        ),
        (
            status = 403, description = "The right password of a deactivated account", body = Problem,
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
    let signed_in = service.login(attempt).await?;
    Ok(HttpResponse::Ok().json(LoginResponse::from(signed_in)))
}

fn parse(mut fields: Fields, origin: Origin) -> Result<SignInAttempt, ApiError> {
    let claimed = fields.required("user_id", text(LoginIdentifier::parse));
    let password = fields.required("password", text(PasswordAttempt::parse));
    let device_token = fields.optional("device_token", text(|token| Ok(token.to_owned())));
    let (claimed, password, device_token) = fields.finish((claimed, password, device_token))?;
    Ok(SignInAttempt { claimed, password, device_token, origin })
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

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::WrongCredentials => Self::WrongCredentials,
            LoginError::Deactivated => Self::AccountDeactivated,
            LoginError::Locked(wait) => Self::LockedOut(wait),
            LoginError::Hashing(error) => error.into(),
            LoginError::Signing(error) => Self::Internal(error.to_string()),
            LoginError::Store(error) => error.into(),
        }
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Overloaded(overloaded) => Self::Unavailable(overloaded.to_string()),
            HashingError::Failed(cause) => Self::Internal(cause),
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
    async fn answers_what_the_guide_shows() {
        let app = TestApp::new().await;
        app.create(a_user("admin").super_admin().name("System Administrator").email("admin@example.com")).await;
        let body = json!({"user_id": "ADMIN", "password": PASSWORD});
        let mut answer = app.call(post(LOGIN).set_json(body)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers.get("cache-control").unwrap(), "no-store");
        let token = answer.body["access_token"].take();
        assert!(token.as_str().is_some_and(|token| token.starts_with("eyJ0eXAiOiJKV1QiLCJhbGc")));
        assert!(answer.body.as_object_mut().unwrap().remove("device_token").is_some_and(|token| token.is_string()));
        let refresh_token = answer.body["refresh_token"].take();
        assert_eq!(refresh_token.as_str().map(str::len), Some(43));
        let expected = json!({
            "user_id": "admin", "user_name": "System Administrator", "email": "admin@example.com",
            "role": "super_admin", "access_token": null, "token_type": "bearer", "expires_in": 3600,
            "refresh_token": null, "refresh_expires_in": 604_800,
            "must_change_password": false,
        });
        assert_eq!(answer.body, expected);
    }

    #[actix_web::test]
    async fn whoever_is_not_let_in_hears_the_same() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        for (user_id, password) in [("alice", "wrong"), ("nobody", PASSWORD), ("a", "x"), ("홍길동", "x"), ("", "x")]
        {
            let answer = app.call(post(LOGIN).set_json(json!({"user_id": user_id, "password": password}))).await;
            assert_eq!(answer.status, 401, "{user_id}");
            assert_eq!(answer.body["detail"], "Invalid user ID or password", "{user_id}");
        }
        assert_eq!(app.hashes(), 5);
    }

    #[actix_web::test]
    async fn ids_that_are_nobodys_look_alike_byte_by_byte_until_they_are_locked_and_then() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let mut seen = Vec::new();
        for user_id in ["alice", "nobody", "홍길동", "!"] {
            let mut answers = Vec::new();
            for password in ["wrong", "wrong", "wrong", "wrong", "wrong", "wrong", PASSWORD] {
                let body = json!({"user_id": user_id, "password": password});
                let mut answer = app.call(post(LOGIN).set_json(body)).await;
                answer.body["request_id"].take();
                let mut headers: Vec<_> =
                    answer.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
                headers.retain(|(name, _)| name != "x-request-id");
                headers.sort_by(|a, b| a.0.cmp(&b.0));
                answers.push((answer.status, headers, answer.body.to_string()));
            }
            seen.push(answers);
        }
        let statuses: Vec<_> = seen[0].iter().map(|answer| answer.0).collect();
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
        assert!(seen[0][6].1.iter().any(|(name, value)| name == "retry-after" && value == "60"), "{:?}", seen[0][6]);
        assert!(seen.iter().all(|answers| *answers == seen[0]), "{seen:#?}");
    }

    #[actix_web::test]
    async fn a_device_token_is_given_and_taken() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let body = json!({"user_id": "alice", "password": PASSWORD});
        let token = app.call(post(LOGIN).set_json(body)).await.body["device_token"].take();
        assert_eq!(token.as_str().unwrap().len(), 64);
        for (sent, given) in [(token.clone(), true), (json!("garbage"), false), (json!(null), false)] {
            let body = json!({"user_id": "alice", "password": PASSWORD, "device_token": sent});
            let answer = app.call(post(LOGIN).set_json(body)).await;
            assert_eq!((answer.status, answer.body["device_token"] == token), (200, given), "{sent}");
        }
        let body = json!({"user_id": "alice", "password": PASSWORD, "device_token": 7});
        assert_eq!(app.call(post(LOGIN).set_json(body)).await.status, 422);
    }

    #[actix_web::test]
    async fn a_deactivated_account_is_told_so() {
        let app = TestApp::new().await;
        app.create(a_user("eve").inactive()).await;
        let answer = app.call(post(LOGIN).set_json(json!({"user_id": "eve", "password": PASSWORD}))).await;
        assert_eq!((answer.status, &answer.body["detail"]), (403, &json!("This account is deactivated")));
    }

    #[actix_web::test]
    async fn what_cannot_be_checked_is_refused_before_it_is_hashed() {
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
            let answer = app.call(post(LOGIN).set_json(&body)).await;
            assert_eq!(answer.status, 422, "{body}");
            let told: Vec<_> = answer.body["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
            assert_eq!(told, fields, "{body}");
        }
        let text = app.call(post(LOGIN).insert_header(("content-type", "text/plain")).set_payload("{}")).await;
        assert_eq!(text.status, 415);
        assert_eq!(app.hashes(), 0);
    }

    #[actix_web::test]
    async fn more_sign_ins_than_can_be_hashed_are_asked_to_come_back() {
        let mut app = TestApp::new().await;
        let no_room = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 1, queue: 0 };
        app.service = service_hashing(app.ports.clone(), no_room);
        let answer = app.call(post(LOGIN).set_json(json!({"user_id": "alice", "password": "x"}))).await;
        assert_eq!(answer.status, 503);
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(app.service.hashing_stats().refused, 1);
    }
}
