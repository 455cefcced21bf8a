use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{RegisterRequest, UserBody};
use steward_domain::ports::CreateError;
use steward_domain::{DisplayName, Email, Invalid, Password, UserId};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, CallerLocale, CallerOrigin, Fields, HttpError, IntoProblem, JsonBody, text};

use crate::AuthService;
use crate::register::{NewAccount, RegisterError};

/// Register
///
/// Creates an account with the role `user`; a `role` in the body is ignored. Reserved ids are rejected (422). Check a
/// password beforehand with `POST /api/auth/password-strength`. A mail with a link that confirms the address follows,
/// in the language of `Accept-Language`.
#[utoipa::path(
    tag = "auth",
    request_body = RegisterRequest,
    responses(
        Anywhere,
        (status = 201, description = "The account was created", body = UserBody),
        (
            status = 409, description = "The user id or the e-mail address is taken; `detail` names the field",
            body = Problem, content_type = "application/problem+json"
        ),
        ReadsBody,
    )
)]
#[post("/api/auth/register")]
pub(super) async fn register(
    service: Data<AuthService>,
    origin: CallerOrigin,
    locale: CallerLocale,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let account = parse(body.fields()?)?;
    let user = service.register(account, locale.0, origin.0).await?;
    Ok(HttpResponse::Created().json(UserBody::from(user)))
}

fn parse(mut fields: Fields) -> Result<NewAccount, ApiError> {
    let user_id = fields.required("user_id", text(UserId::parse));
    let email = fields.required("email", text(Email::parse));
    let name = fields.required("name", text(DisplayName::parse));
    let password = fields.required("password", text(Password::parse));
    // Clients may send a role; it has no effect.
    let role = fields.optional("role", |_| Ok(()));
    let (user_id, email, name, password, _) = fields.finish((user_id, email, name, password, role))?;
    Ok(NewAccount { user_id, email, name, password })
}

impl IntoProblem for RegisterError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Taken(key) => CreateError::Conflict(key).into(),
            Self::ReservedId => {
                HttpError::invalid_field("user_id", &Invalid::new("is reserved; choose another one")).into()
            }
            Self::WeakPassword(weak) => ApiError::weak_password("password", weak),
            Self::Hashing(error) => error.into(),
            Self::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_testkit::a_user;

    use crate::testing::TestApp;
    use crate::testing::http::post;

    const REGISTER: &str = "/api/auth/register";

    fn registration() -> Value {
        json!({"user_id": "gildong", "email": "Gildong@Example.com", "name": " 홍길동 ", "password": "correct horse"})
    }

    #[actix_web::test]
    async fn the_role_is_user_regardless_of_the_body() {
        for role in [json!("super_admin"), json!("emperor"), json!(7), Value::Null] {
            let app = TestApp::new().await;
            let mut body = registration();
            body["role"] = role;
            let response = app.call(post(REGISTER).set_json(&body)).await;
            assert_eq!(response.status, 201, "{}", response.body);
            let expected = json!({
                "id": response.body["id"], "user_id": "gildong", "email": "gildong@example.com", "name": "홍길동",
                "role": "user", "is_active": true, "created_at": "2026-01-02T03:04:05.678901Z",
                "updated_at": "2026-01-02T03:04:05.678901Z", "last_login": null, "email_verified_at": null, "locale": null,
            });
            assert_eq!(response.body, expected);
            assert_eq!(app.audit_trail().await[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
        }
    }

    #[actix_web::test]
    async fn a_weak_password_is_rejected_with_its_weaknesses() {
        let app = TestApp::new().await;
        for (password, reason, code) in [
            ("password123", "breached", "breached"),
            ("gildong#82 xkq", "user id", "contains_user_id"),
            ("홍길동 xkq vw 82", "name", "contains_name"),
            ("abcabcabcabc", "guess", "guessable"),
        ] {
            let mut body = registration();
            body["password"] = json!(password);
            let response = app.call(post(REGISTER).set_json(body)).await;
            assert_eq!((response.status, response.body["errors"][0]["field"].as_str()), (422, Some("password")));
            let weaknesses = response.body["weaknesses"].as_array().unwrap();
            assert!(weaknesses.iter().any(|weakness| weakness["code"] == code), "{weaknesses:?}");
            let message = response.body["errors"][0]["message"].as_str().unwrap();
            assert!(
                message.starts_with("must ") && message.contains(reason) && !message.contains(password),
                "{message}"
            );
        }
        assert!(app.audit_trail().await.is_empty());
    }

    #[actix_web::test]
    async fn a_conflict_names_the_field() {
        let app = TestApp::new().await;
        app.create(a_user("Gildong").email("other@example.com")).await;
        app.create(a_user("other").email("gildong@example.com")).await;
        let id = app.call(post(REGISTER).set_json(registration())).await;
        assert_eq!((id.status, &id.body["detail"]), (409, &json!("user_id is already taken")));
        let mut another = registration();
        another["user_id"] = json!("another");
        let email = app.call(post(REGISTER).set_json(another)).await;
        assert_eq!((email.status, &email.body["detail"]), (409, &json!("email is already taken")));
    }

    #[actix_web::test]
    async fn all_invalid_fields_are_reported_before_hashing() {
        let app = TestApp::new().await;
        let body = json!({"user_id": ".", "email": "x", "name": "", "password": "p".repeat(65_000)});
        let response = app.call(post(REGISTER).set_json(body)).await;
        assert_eq!((response.status, response.body["errors"].as_array().map(Vec::len)), (422, Some(4)));
        assert!(!response.body.to_string().contains("ppp"));
        assert_eq!(app.hashes(), 0);
    }
}
