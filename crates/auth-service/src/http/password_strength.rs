use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use secrecy::SecretString;
use steward_contracts::bodies::{PasswordStrengthRequest, PasswordStrengthResponse};
use steward_domain::{DisplayName, Email, Invalid, UserId};
use steward_web::responses::{Anywhere, ReadsBody};
use steward_web::{ApiError, Fields, JsonBody, text};

use crate::AuthService;
use crate::password_strength::PersonalData;

/// Check the strength of a password
///
/// Checks a password before it is submitted, for forms. The request needs no token. The optional fields describe the
/// user, may be incomplete, and make the check stricter.
#[utoipa::path(
    tag = "auth",
    request_body = PasswordStrengthRequest,
    responses(
        Anywhere,
        (status = 200, description = "The result of the check", body = PasswordStrengthResponse),
        ReadsBody,
    )
)]
#[post("/api/auth/password-strength")]
pub(super) async fn password_strength(service: Data<AuthService>, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let (password, personal_data) = parse(body.fields()?)?;
    let report = service.password_strength(password, personal_data).await?;
    Ok(HttpResponse::Ok().json(PasswordStrengthResponse::from(report)))
}

fn parse(mut fields: Fields) -> Result<(SecretString, PersonalData), ApiError> {
    let password = fields.required("password", text(|text| Ok(SecretString::from(text))));
    let user_id = fields.optional("user_id", text(at_most(UserId::MAX)));
    let email = fields.optional("email", text(at_most(Email::MAX)));
    let name = fields.optional("name", text(at_most(DisplayName::MAX)));
    let (password, user_id, email, name) = fields.finish((password, user_id, email, name))?;
    let personal_data = PersonalData {
        user_id: user_id.unwrap_or_default(),
        email: email.unwrap_or_default(),
        name: name.unwrap_or_default(),
    };
    Ok((password, personal_data))
}

/// Accepts any text within the limit, since the form may be incomplete.
fn at_most(characters: usize) -> impl FnOnce(&str) -> Result<String, Invalid> {
    move |text| {
        if text.chars().count() > characters {
            return Err(Invalid::new(format!("must be at most {characters} characters")));
        }
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::TestApp;
    use crate::testing::http::{post, with_token};

    const STRENGTH: &str = "/api/auth/password-strength";

    async fn strength(app: &TestApp, body: Value) -> Value {
        let response = app.call(post(STRENGTH).set_json(&body)).await;
        assert_eq!(response.status, 200, "{body}: {}", response.body);
        response.body
    }

    fn codes(body: &Value) -> Vec<&str> {
        body["weaknesses"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect()
    }

    #[actix_web::test]
    async fn the_response_lists_weaknesses() {
        let app = TestApp::new().await;
        let good = strength(&app, json!({"password": "correct horse"})).await;
        assert_eq!((&good["acceptable"], codes(&good)), (&json!(true), vec![]));
        assert!(good["score"].as_u64() >= Some(2) && good["suggestions"].is_array());

        let body = json!({"password": "Gildong!", "user_id": "gildong", "email": "gildong@", "name": null});
        let weak = strength(&app, body).await;
        assert_eq!(weak["acceptable"], false);
        assert_eq!(codes(&weak)[..2], ["contains_user_id", "contains_email"]);
        assert_eq!(weak["weaknesses"][0]["message"], "must not contain the user id");
        assert!(!weak.to_string().contains("Gildong!"));

        let common = strength(&app, json!({"password": "password"})).await;
        assert_eq!((codes(&common), common["score"].as_u64() <= Some(1)), (vec!["breached"], true));
        assert!(common["warning"].is_string());
    }

    #[actix_web::test]
    async fn any_text_can_be_checked() {
        let app = TestApp::new().await;
        for (password, code) in
            [("", "too_short"), ("a\0bcdefgh", "null_character"), (&"vw xkq 82 ".repeat(6_000), "too_long")]
        {
            let response = strength(&app, json!({"password": password})).await;
            assert!(codes(&response).contains(&code), "{code}: {response}");
            assert_eq!(response["acceptable"], false);
        }
        let at_the_edge = "vw xkq 82 ".repeat(8);
        assert_eq!(strength(&app, json!({"password": at_the_edge[..72]})).await["acceptable"], true);
        assert_eq!(codes(&strength(&app, json!({"password": at_the_edge[..73]})).await), ["too_long"]);
    }

    #[actix_web::test]
    async fn a_token_changes_nothing() {
        let app = TestApp::new().await;
        let body = json!({"password": "correct horse"});
        let response = app.call(with_token(post(STRENGTH).set_json(&body), "a.b.c")).await;
        assert_eq!((response.status, response.body), (200, strength(&app, body).await));
    }

    #[actix_web::test]
    async fn invalid_input_is_rejected_before_the_check() {
        let app = TestApp::new().await;
        for (body, field) in [
            (json!({}), "password"),
            (json!({"password": 7}), "password"),
            (json!({"password": "correct horse", "name": "x y z ".repeat(17)}), "name"),
            (json!({"password": "correct horse", "user_id": "x".repeat(101)}), "user_id"),
            (json!({"password": "correct horse", "email": "x".repeat(256)}), "email"),
            (json!({"password": "correct horse", "phone": "1"}), "phone"),
        ] {
            let response = app.call(post(STRENGTH).set_json(&body)).await;
            assert_eq!((response.status, response.body["errors"][0]["field"].as_str()), (422, Some(field)), "{body}");
        }
        assert_eq!(app.hashes(), 0);
    }
}
