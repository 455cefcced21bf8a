use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{RegisterRequest, UserBody};
use steward_domain::{DisplayName, Email, Invalid, Password, UserId};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, CallerOrigin, Fields, JsonBody, text};

use crate::AuthService;
use crate::register::{NewAccount, RegisterError};

/// Register
///
/// Creates an account. Its role is `user`, whatever the body says. Ids that look like the program or its operators are
/// reserved (422). `POST /api/auth/password-strength` reports whether a password is accepted.
#[utoipa::path(
    tag = "auth",
    request_body = RegisterRequest,
    responses(
        Anywhere,
        (status = 201, description = "The account was made", body = UserBody),
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
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let account = parse(body.fields()?)?;
    let user = service.register(account, origin.0).await?;
    Ok(HttpResponse::Created().json(UserBody::from(user)))
}

fn parse(mut fields: Fields) -> Result<NewAccount, ApiError> {
    let user_id = fields.required("user_id", text(UserId::parse));
    let email = fields.required("email", text(Email::parse));
    let name = fields.required("name", text(DisplayName::parse));
    let password = fields.required("password", text(Password::parse));
    // Accepted, since clients send one, and without effect.
    let role = fields.optional("role", |_| Ok(()));
    let (user_id, email, name, password, _) = fields.finish((user_id, email, name, password, role))?;
    Ok(NewAccount { user_id, email, name, password })
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Taken(key) => Self::Taken(key),
            RegisterError::ReservedId => {
                Self::invalid_field("user_id", &Invalid::new("is reserved; choose another one"))
            }
            RegisterError::WeakPassword(reason) => Self::invalid_field("password", &reason),
            RegisterError::Hashing(error) => error.into(),
            RegisterError::Store(error) => error.into(),
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

    fn body() -> Value {
        json!({"user_id": "gildong", "email": "Gildong@Example.com", "name": " 홍길동 ", "password": "correct horse"})
    }

    #[actix_web::test]
    async fn makes_a_user_whatever_role_the_body_asks_for() {
        for role in [json!("super_admin"), json!("emperor"), json!(7), Value::Null] {
            let app = TestApp::new().await;
            let mut body = body();
            body["role"] = role;
            let answer = app.call(post(REGISTER).set_json(&body)).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
            let expected = json!({
                "id": answer.body["id"], "user_id": "gildong", "email": "gildong@example.com", "name": "홍길동",
                "role": "user", "is_active": true, "created_at": "2026-01-02T03:04:05.678901Z",
                "updated_at": "2026-01-02T03:04:05.678901Z", "last_login": null,
            });
            assert_eq!(answer.body, expected);
            assert_eq!(app.trail().await[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
        }
    }

    #[actix_web::test]
    async fn a_password_that_is_easy_to_guess_is_refused_with_the_reasons() {
        let app = TestApp::new().await;
        for (password, reason) in [
            ("password123", "breached"),
            ("gildong#82 xkq", "user id"),
            ("홍길동 xkq vw 82", "name"),
            ("abcabcabcabc", "guess"),
        ] {
            let mut body = body();
            body["password"] = json!(password);
            let answer = app.call(post(REGISTER).set_json(body)).await;
            assert_eq!((answer.status, answer.body["errors"][0]["field"].as_str()), (422, Some("password")));
            let told = answer.body["errors"][0]["message"].as_str().unwrap();
            assert!(told.starts_with("must ") && told.contains(reason) && !told.contains(password), "{told}");
        }
        assert!(app.trail().await.is_empty());
    }

    #[actix_web::test]
    async fn names_what_is_taken() {
        let app = TestApp::new().await;
        app.create(a_user("Gildong").email("other@example.com")).await;
        app.create(a_user("other").email("gildong@example.com")).await;
        let id = app.call(post(REGISTER).set_json(body())).await;
        assert_eq!((id.status, &id.body["detail"]), (409, &json!("user_id is already taken")));
        let mut another = body();
        another["user_id"] = json!("another");
        let email = app.call(post(REGISTER).set_json(another)).await;
        assert_eq!((email.status, &email.body["detail"]), (409, &json!("email is already taken")));
    }

    #[actix_web::test]
    async fn tells_every_wrong_field_at_once_and_hashes_nothing() {
        let app = TestApp::new().await;
        let body = json!({"user_id": ".", "email": "x", "name": "", "password": "p".repeat(65_000)});
        let answer = app.call(post(REGISTER).set_json(body)).await;
        assert_eq!((answer.status, answer.body["errors"].as_array().map(Vec::len)), (422, Some(4)));
        assert!(!answer.body.to_string().contains("ppp"));
        assert_eq!(app.hashes(), 0);
    }
}
