use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, post};
use steward_contracts::Problem;
use steward_contracts::bodies::{PasswordDelivery, ResetPasswordRequest, ResetPasswordResponse};
use steward_contracts::services::CredentialsError;
use steward_domain::Password;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, ReadsBody};
use steward_web::{
    Administrator, ApiError, CallerOrigin, Fields, HttpError, JsonBody, UserNotFound, path_user_id, text,
};

use crate::http::problems::mail_off;
use crate::http::{Service, to_context};

/// Reset a user's password
///
/// Sets the password in the body, or a generated one, and ends all sessions of the user. The response contains the
/// password, which cannot be read again. The user must change it at the next sign-in.
///
/// With `delivery: "link"` the old password stops working, too, and the user gets a mail with a link to set another one,
/// valid for 30 minutes. The response has the mail's recipient and no password.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "user123")),
    request_body(content = Option<ResetPasswordRequest>, description = "Optional"),
    responses(
        Anywhere,
        (status = 200, description = "The password was reset", body = ResetPasswordResponse),
        (
            status = 409, body = Problem, content_type = "application/problem+json",
            description = "No link can be mailed: mail is off (type `mail-off`), or the account is inactive \
                (`user-inactive`). Nothing was changed"
        ),
        ReadsBody,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[post("/api/admin/users/{user_id}/reset-password")]
pub(in crate::http) async fn reset_password(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let (delivery, password) = parse(body.fields_if_any()?)?;
    let token = administrator.token.clone();
    let context = to_context(administrator, origin);
    let response = match delivery {
        PasswordDelivery::Password => {
            let reset = service.reset_password(&context, &token, &user_id, password).await.map_err(to_problem)?;
            ResetPasswordResponse {
                user_id: reset.user_id.to_string(),
                temporary_password: Some(reset.temporary_password.expose().to_owned()),
                must_change_password: true,
                recipient: None,
            }
        }
        PasswordDelivery::Link => {
            let sent = service.send_password_link(&context, &token, &user_id).await.map_err(to_problem)?;
            ResetPasswordResponse {
                user_id: sent.user_id.to_string(),
                temporary_password: None,
                must_change_password: true,
                recipient: Some(sent.recipient.to_string()),
            }
        }
    };
    Ok(HttpResponse::Ok()
        // A response with a password must not be cached.
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .json(response))
}

fn parse(mut fields: Fields) -> Result<(PasswordDelivery, Option<Password>), ApiError> {
    let password = fields.optional("new_password", text(Password::parse));
    let delivery = fields.optional("delivery", text(PasswordDelivery::parse));
    let (password, delivery) = fields.finish((password, delivery))?;
    let delivery = delivery.unwrap_or(PasswordDelivery::Password);
    if delivery == PasswordDelivery::Link && password.is_some() {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "conflicting-fields",
            "Conflicting fields",
            "new_password and delivery \"link\" exclude each other: the user sets the password with the link",
        ));
    }
    Ok((delivery, password))
}

fn to_problem(error: CredentialsError) -> ApiError {
    match error {
        CredentialsError::Unauthenticated => HttpError::Unauthenticated.into(),
        CredentialsError::Denied(denied) => denied.into(),
        CredentialsError::NotFound => UserNotFound.into(),
        CredentialsError::WeakPassword(rejection) => ApiError::weak_password("new_password", rejection),
        CredentialsError::MailOff => mail_off("use the delivery \"password\""),
        CredentialsError::Inactive => ApiError::new(
            StatusCode::CONFLICT,
            "user-inactive",
            "Inactive account",
            "The account is inactive, so a link would not work: activate it, or use the delivery \"password\"",
        ),
        CredentialsError::Overloaded => HttpError::Unavailable(error.to_string()).into(),
        CredentialsError::Unavailable(cause) => HttpError::Unavailable(cause).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_contracts::services::CredentialsError;
    use steward_testkit::user_id;

    use crate::testing::TestApp;
    use crate::testing::http::post;

    const RESET: &str = "/api/admin/users/alice/reset-password";

    #[actix_web::test]
    async fn the_response_contains_the_password_with_or_without_a_body() {
        let app = TestApp::new().await;
        for (request, password) in [
            (post(RESET), "generated once"),
            (post(RESET).set_json(json!({})), "generated once"),
            (post(RESET).set_json(json!({"new_password": "battery staple"})), "battery staple"),
            (post(RESET).set_json(json!({"delivery": "password"})), "generated once"),
        ] {
            let response = app.call("boss", request).await;
            let expected = json!({"user_id": "alice", "temporary_password": password, "must_change_password": true});
            assert_eq!((response.status, &response.body), (200, &expected));
            assert_eq!(response.headers.get("cache-control").unwrap(), "no-store");
        }
        let calls = app.credentials.resets.take();
        assert!(calls.iter().all(|call| call.caller == "boss" && call.target == user_id("alice")));
        assert_eq!(calls[2].password.as_deref(), Some("battery staple"));
        assert_eq!(calls[2].origin.ip_address.as_deref(), Some("192.0.2.7"));
    }

    #[actix_web::test]
    async fn a_mailed_link_has_a_recipient_and_no_password() {
        let app = TestApp::new().await;
        let response = app.call("boss", post(RESET).set_json(json!({"delivery": "link"}))).await;
        let expected = json!({
            "user_id": "alice", "temporary_password": null, "must_change_password": true,
            "recipient": "alice@example.com",
        });
        assert_eq!((response.status, &response.body), (200, &expected));
        assert_eq!(app.credentials.password_links.take(), [("boss".to_owned(), user_id("alice"))]);
        assert!(app.credentials.resets.take().is_empty());
        for (error, code) in [(CredentialsError::MailOff, "mail-off"), (CredentialsError::Inactive, "user-inactive")] {
            app.credentials.link_rejection.replace(Some(error));
            let response = app.call("boss", post(RESET).set_json(json!({"delivery": "link"}))).await;
            let kind = format!("urn:steward:problem:{code}");
            assert_eq!((response.status, &response.body["type"]), (409, &json!(kind)));
        }
    }

    #[actix_web::test]
    async fn a_link_excludes_a_password() {
        let app = TestApp::new().await;
        let both = json!({"delivery": "link", "new_password": "battery staple"});
        let response = app.call("boss", post(RESET).set_json(both)).await;
        let detail = response.body["detail"].as_str().unwrap();
        assert!(response.status == 400 && detail.contains("new_password") && detail.contains("delivery"), "{detail}");
        let unknown = app.call("boss", post(RESET).set_json(json!({"delivery": "pigeon"}))).await;
        assert_eq!((unknown.status, unknown.wrong_fields()), (422, vec!["delivery"]));
        assert!(app.credentials.resets.take().is_empty() && app.credentials.password_links.take().is_empty());
    }

    #[actix_web::test]
    async fn an_invalid_password_is_rejected_and_not_quoted() {
        let app = TestApp::new().await;
        for password in [json!("short7!"), json!("p".repeat(73)), json!(7)] {
            let response = app.call("boss", post(RESET).set_json(json!({"new_password": password}))).await;
            assert_eq!((response.status, response.wrong_fields()), (422, vec!["new_password"]));
            assert!(!response.body.to_string().contains("short7!"));
        }
        assert_eq!(app.call("alice", post(RESET)).await.status, 403);
        assert!(app.credentials.resets.take().is_empty());
    }
}
