use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{AcceptInvitationRequest, UserBody};
use steward_domain::ports::{CreateError, LinkUseError, UniqueKey};
use steward_domain::{DisplayName, Password, UserId};
use steward_web::responses::{Anywhere, ReadsBody, UsesLink};
use steward_web::{ApiError, CallerLocale, CallerOrigin, Fields, IntoProblem, JsonBody, text};

use super::{token_of, token_text};
use crate::AuthService;
use crate::accept_invitation::{AcceptInvitationError, InvitedAccount};
use crate::link_token::LinkToken;

/// Accept an invitation
///
/// Creates the account with the address and the role of the invitation. The address counts as confirmed. The link works
/// once. Check a password beforehand with `POST /api/auth/password-strength`. The language of the account is the first one of
/// `Accept-Language`, or else that of the invitation.
#[utoipa::path(
    tag = "auth",
    request_body = AcceptInvitationRequest,
    responses(
        Anywhere,
        (status = 201, description = "The account was created", body = UserBody),
        (
            status = 409, description = "The user id is taken, or the address was registered in the meantime",
            body = Problem, content_type = "application/problem+json"
        ),
        ReadsBody,
        UsesLink,
    )
)]
#[post("/api/auth/accept-invitation")]
pub(in crate::http) async fn accept_invitation(
    service: Data<AuthService>,
    origin: CallerOrigin,
    locale: CallerLocale,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (token, account) = parse(body.fields()?)?;
    let user = service.accept_invitation(&token, account, locale.0, origin.0).await?;
    Ok(HttpResponse::Created().json(UserBody::from(user)))
}

fn parse(mut fields: Fields) -> Result<(LinkToken, InvitedAccount), ApiError> {
    let token = fields.required("token", token_text);
    let user_id = fields.required("user_id", text(UserId::parse));
    let name = fields.required("name", text(DisplayName::parse));
    let password = fields.required("password", text(Password::parse));
    let (token, user_id, name, password) = fields.finish((token, user_id, name, password))?;
    Ok((token_of(&token)?, InvitedAccount { user_id, name, password }))
}

impl IntoProblem for AcceptInvitationError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Link(LinkUseError::Link(error)) => error.into(),
            Self::Link(LinkUseError::Conflict(UniqueKey::Email)) => ApiError::new(
                StatusCode::CONFLICT,
                "address-registered",
                "Address already registered",
                "The address of the invitation is registered already: sign in, or reset the password",
            ),
            Self::Link(LinkUseError::Conflict(key)) => CreateError::Conflict(key).into(),
            Self::Link(LinkUseError::Store(error)) => error.into(),
            Self::Account(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};
    use steward_domain::{LinkId, Role};
    use steward_testkit::{a_user, at};

    use crate::link_token::LinkToken;
    use crate::testing::http::post;
    use crate::testing::{TestApp, link_token};

    const ACCEPT: &str = "/api/auth/accept-invitation";

    fn acceptance(token: &LinkToken) -> Value {
        let token = token.text().expose_secret().to_owned();
        json!({"token": token, "user_id": "kim", "name": " 김 ", "password": "correct horse"})
    }

    #[actix_web::test]
    async fn the_account_has_the_address_and_the_role_of_the_invitation() {
        let app = TestApp::new().await;
        let body = acceptance(&app.invite_kim(Role::Admin).await);
        let response = app.call(post(ACCEPT).set_json(&body)).await;
        assert_eq!(response.status, 201, "{}", response.body);
        assert_eq!(response.body["user_id"], "kim");
        assert_eq!((&response.body["email"], &response.body["name"]), (&json!("kim@example.com"), &json!("김")));
        assert_eq!((&response.body["role"], response.body["email_verified_at"].is_string()), (&json!("admin"), true));
        assert_eq!(app.audit_trail().await[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
        let again = app.call(post(ACCEPT).set_json(&body)).await;
        let kind = "urn:steward:problem:invalid-or-expired-token";
        assert_eq!((again.status, &again.body["type"]), (400, &json!(kind)));
        assert_eq!(again.body["reason"], "used");
    }

    #[actix_web::test]
    async fn an_invalid_link_is_rejected_with_its_reason() {
        let app = TestApp::new().await;
        let body = acceptance(&app.invite_kim(Role::User).await);
        let mut malformed = body.clone();
        malformed["token"] = json!("x");
        app.clock.set(at(7 * 24 * 3600));
        for (body, reason) in
            [(&malformed, "unknown"), (&acceptance(&link_token(LinkId::new([9; 16]))), "unknown"), (&body, "expired")]
        {
            let response = app.call(post(ACCEPT).set_json(body)).await;
            assert_eq!((response.status, &response.body["reason"]), (400, &json!(reason)));
        }
    }

    #[actix_web::test]
    async fn invalid_fields_and_conflicts_are_named() {
        let app = TestApp::new().await;
        let body = acceptance(&app.invite_kim(Role::User).await);
        let invalid =
            json!({"token": "x".repeat(101), "user_id": ".", "name": "", "password": "short", "role": "admin"});
        let response = app.call(post(ACCEPT).set_json(invalid)).await;
        assert_eq!((response.status, response.body["errors"].as_array().map(Vec::len)), (422, Some(5)));
        let mut weak = body.clone();
        weak["password"] = json!("kim@example.com");
        let response = app.call(post(ACCEPT).set_json(weak)).await;
        assert_eq!((response.status, &response.body["errors"][0]["field"]), (422, &json!("password")));

        app.create(a_user("Kim").email("other@example.com")).await;
        let response = app.call(post(ACCEPT).set_json(&body)).await;
        assert_eq!((response.status, &response.body["detail"]), (409, &json!("user_id is already taken")));
        app.create(a_user("other").email("kim@example.com")).await;
        let mut another = body;
        another["user_id"] = json!("kim2");
        let response = app.call(post(ACCEPT).set_json(another)).await;
        assert_eq!(response.status, 409);
        assert_eq!(response.body["type"], "urn:steward:problem:address-registered");
    }
}
