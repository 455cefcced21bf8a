use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{CreateUserRequest, CreatedUserBody};
use steward_contracts::services::{CreateUserError, CreatedUser, FirstPassword, RequestedUser};
use steward_domain::ports::CreateError;
use steward_domain::{DisplayName, Email, Invalid, Password, Role, UserId};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsBody};
use steward_web::{Administrator, ApiError, CallerOrigin, Fields, HttpError, JsonBody, boolean, text};

use crate::http::problems::mail_off;
use crate::http::{Service, to_context};

/// Create a user
///
/// The user gets a generated password, which the response contains and which cannot be read again, or the `password` in
/// the body, and must change it at the first sign-in. With `invite`, the user gets a mail with a link that sets the
/// password, valid for 7 days. An admin creates only users; a super_admin creates any role. Reserved ids are rejected
/// (422).
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    request_body = CreateUserRequest,
    responses(
        Anywhere,
        (
            status = 201, description = "The user was created", body = CreatedUserBody,
            headers(("Location" = String, description = "The path of the user"))
        ),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "The user id or the e-mail address is taken (type `taken`; `detail` names the field), or mail \
                is off (`mail-off`)"
        ),
        ReadsBody,
        NeedsAdministrator,
    )
)]
#[post("/api/admin/users")]
pub(in crate::http) async fn create_user(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let user = parse(body.fields()?)?;
    let token = administrator.token.clone();
    let context = to_context(administrator, origin);
    let created = service.create_user(&context, &token, user).await.map_err(to_problem)?;
    // A user id has no character that a path escapes.
    let location = format!("/api/admin/users/{}", created.user.user_id);
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        // A response with a password must not be cached.
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .json(response_body(created)))
}

fn parse(mut fields: Fields) -> Result<RequestedUser, ApiError> {
    let user_id = fields.required("user_id", text(UserId::parse));
    let email = fields.required("email", text(Email::parse));
    let name = fields.required("name", text(DisplayName::parse));
    let role = fields.optional("role", text(Role::parse));
    let is_active = fields.optional("is_active", boolean);
    let password = fields.optional("password", text(Password::parse));
    let invite = fields.optional("invite", boolean);
    let (user_id, email, name, (role, is_active, password, invite)) =
        fields.finish((user_id, email, name, (role, is_active, password, invite)))?;
    let is_active = is_active.unwrap_or(true);
    let first_password = match (password, invite.unwrap_or(false)) {
        (Some(_), true) => return Err(contradiction()),
        (None, true) if !is_active => {
            let invalid = Invalid::new("must not be false together with invite: an inactive user cannot use the link");
            return Err(HttpError::invalid_field("is_active", &invalid).into());
        }
        (None, true) => FirstPassword::ByMail,
        (Some(password), false) => FirstPassword::Chosen(password),
        (None, false) => FirstPassword::Generated,
    };
    Ok(RequestedUser { user_id, email, name, role: role.unwrap_or(Role::User), is_active, first_password })
}

fn contradiction() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "password-and-invite",
        "Contradictory request",
        "Send either a password or invite: with invite, the user sets the password",
    )
}

fn response_body(created: CreatedUser) -> CreatedUserBody {
    CreatedUserBody {
        must_change_password: created.user.must_change_password,
        user: created.user.into(),
        temporary_password: created.temporary_password.map(|password| password.expose().to_owned()),
    }
}

fn to_problem(error: CreateUserError) -> ApiError {
    match error {
        CreateUserError::Unauthenticated => HttpError::Unauthenticated.into(),
        CreateUserError::Denied(denied) => denied.into(),
        CreateUserError::Taken(key) => CreateError::Conflict(key).into(),
        CreateUserError::ReservedId => {
            HttpError::invalid_field("user_id", &Invalid::new("is reserved; choose another one")).into()
        }
        CreateUserError::WeakPassword(rejection) => ApiError::weak_password("password", rejection),
        CreateUserError::MailOff => mail_off("create the account with a temporary password"),
        CreateUserError::Overloaded => HttpError::Unavailable(error.to_string()).into(),
        CreateUserError::Unavailable(cause) => HttpError::Unavailable(cause).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_domain::ports::UniqueKey;

    use steward_contracts::services::PasswordRejection;

    use super::*;
    use crate::testing::TestApp;
    use crate::testing::http::{TestResponse, post};

    const USERS: &str = "/api/admin/users";

    fn with(more: &Value) -> Value {
        let mut body = json!({"user_id": "Kim", "email": "Kim@Example.com", "name": " 김민서 "});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    async fn create(app: &TestApp, caller: &str, more: &Value) -> TestResponse {
        app.call(caller, post(USERS).set_json(with(more))).await
    }

    #[actix_web::test]
    async fn a_created_user_has_defaults_a_location_and_a_password_once() {
        let app = TestApp::new().await;
        let response = create(&app, "boss", &json!({})).await;
        assert_eq!(response.status, 201, "{}", response.body);
        assert_eq!(response.headers.get("location").unwrap(), "/api/admin/users/Kim");
        assert_eq!(response.headers.get("cache-control").unwrap(), "no-store");
        for (field, value) in [
            ("user_id", json!("Kim")),
            ("email", json!("kim@example.com")),
            ("name", json!("김민서")),
            ("role", json!("user")),
            ("is_active", json!(true)),
            ("temporary_password", json!("generated once")),
            ("must_change_password", json!(true)),
        ] {
            assert_eq!(response.body[field], value, "{field}");
        }
        let (caller, request) = app.credentials.creations.take().remove(0);
        assert_eq!((caller.as_str(), request.user_id.as_str()), ("boss", "Kim"));
    }

    #[actix_web::test]
    async fn a_password_or_an_invitation_replaces_the_generated_password() {
        let app = TestApp::new().await;
        for (more, role) in [
            (json!({"password": "battery staple", "role": "admin", "is_active": false}), "admin"),
            (json!({"invite": true, "role": null}), "user"),
            (json!({"invite": false, "password": "battery staple"}), "user"),
        ] {
            let response = create(&app, "root", &more).await;
            assert_eq!((response.status, &response.body["role"]), (201, &json!(role)));
            assert_eq!(response.body.get("temporary_password"), None);
        }
        let creations = app.credentials.creations.take();
        let FirstPassword::Chosen(password) = &creations[0].1.first_password else { panic!("{:?}", creations[0]) };
        assert_eq!((password.expose(), creations[0].1.is_active), ("battery staple", false));
        assert!(matches!(creations[1].1.first_password, FirstPassword::ByMail));
    }

    #[actix_web::test]
    async fn contradictions_and_invalid_fields_are_rejected() {
        let app = TestApp::new().await;
        let response = create(&app, "boss", &json!({"password": "battery staple", "invite": true})).await;
        assert_eq!(response.status, 400);
        assert!(response.body["type"].as_str().unwrap().ends_with("password-and-invite"));
        let response = create(&app, "boss", &json!({"is_active": false, "invite": true})).await;
        assert_eq!((response.status, response.wrong_fields()), (422, vec!["is_active"]));
        let invalid = json!({
            "user_id": "-", "email": "nowhere", "name": "", "role": "emperor", "is_active": 1, "password": "short7!",
            "invite": "yes", "id": 1
        });
        let response = create(&app, "boss", &invalid).await;
        let fields = ["user_id", "email", "name", "role", "is_active", "password", "invite", "id"];
        assert_eq!((response.status, response.wrong_fields()), (422, fields.to_vec()));
        assert!(!response.body.to_string().contains("short7!"));
        let response = app.call("boss", post(USERS).set_json(json!({}))).await;
        assert_eq!((response.status, response.wrong_fields()), (422, vec!["user_id", "email", "name"]));
        assert!(app.credentials.creations.take().is_empty());
    }

    #[actix_web::test]
    async fn only_permitted_roles_are_created() {
        let app = TestApp::new().await;
        for (caller, role, status) in
            [("alice", "user", 403), ("boss", "admin", 403), ("boss", "super_admin", 403), ("root", "super_admin", 201)]
        {
            assert_eq!(create(&app, caller, &json!({"role": role})).await.status, status, "{caller} {role}");
        }
        assert_eq!(app.send(post(USERS).set_json(with(&json!({})))).await.status, 401);
        assert_eq!(app.credentials.creations.take().len(), 1);
    }

    #[actix_web::test]
    async fn each_refusal_of_the_auth_service_has_its_problem() {
        let app = TestApp::new().await;
        let rejection = PasswordRejection { reason: "is weak".to_owned(), weaknesses: Vec::new() };
        for (error, status, code) in [
            (CreateUserError::Unauthenticated, 401, "unauthenticated"),
            (CreateUserError::Taken(UniqueKey::UserId), 409, "taken"),
            (CreateUserError::ReservedId, 422, "validation"),
            (CreateUserError::WeakPassword(rejection), 422, "validation"),
            (CreateUserError::MailOff, 409, "mail-off"),
            (CreateUserError::Overloaded, 503, "unavailable"),
            (CreateUserError::Unavailable("no database".to_owned()), 503, "unavailable"),
        ] {
            *app.credentials.refusal.borrow_mut() = Some(error.clone());
            let response = create(&app, "boss", &json!({})).await;
            assert_eq!(response.status, status, "{error}");
            assert!(response.body["type"].as_str().unwrap().ends_with(code), "{}", response.body);
        }
    }
}
