//! The user's own e-mail address: its confirmation, and the form that changes it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use steward_client::Error;
use steward_contracts::bodies::ChangeEmailRequest;
use steward_domain::Email;

use super::{ACCOUNT, AccountParameters, Forms, render_page};
use crate::failure::Failure;
use crate::language::Language;
use crate::request::{ProtectedForm, Toast};

/// The problem of a deployment that sends no mails.
const MAIL_OFF: &str = "mail-off";

/// The typed address, and the errors of the fields. The typed password is never sent back.
#[derive(Debug, Default)]
pub(super) struct EmailFields {
    pub(super) typed: String,
    pub(super) address: Option<String>,
    pub(super) password: Option<String>,
}

impl EmailFields {
    fn is_valid(&self) -> bool {
        self.address.is_none() && self.password.is_none()
    }
}

/// Requests another mail that confirms the address.
pub(super) async fn resend(ProtectedForm { caller, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let toast = match caller.api.resend_verification().await {
        Ok(()) => Toast::done(context.t("account-email-resent")),
        Err(error) if error.code() == Some(MAIL_OFF) => Toast::failed(context.t("account-mail-off")),
        Err(error) if error.status() == Some(429) => {
            let seconds = error.retry_after().unwrap_or(60);
            Toast::failed(context.language().text_with("sign-in-too-many", &[("seconds", seconds.into())]))
        }
        Err(error) => return Err(error.into()),
    };
    context.add_toast(toast);
    Ok(context.redirect(form.page(ACCOUNT)))
}

/// Requests a mail to the new address. The address changes when its link is confirmed. The message is the same if another
/// account has the address.
pub(super) async fn change(ProtectedForm { caller, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    let language = caller.context.language();
    let (typed, password) = (form.get("new_email").trim(), form.get("password"));
    let mut fields = check_locally(typed, password, language);
    if fields.is_valid() {
        let request = ChangeEmailRequest { new_email: typed.to_owned(), password: password.to_owned() };
        let error = match caller.api.change_email(&request).await {
            Ok(()) => {
                let text = language.text_with("account-email-change-sent", &[("email", typed.into())]);
                caller.context.add_toast(Toast::done(text));
                return Ok(caller.context.redirect(ACCOUNT));
            }
            Err(error) => error,
        };
        fields = api_errors(&error, language);
        if fields.is_valid() {
            return Err(error.into());
        }
    }
    let forms = Forms { email: EmailFields { typed: typed.to_owned(), ..fields }, ..Forms::default() };
    render_page(caller, &AccountParameters::default(), forms, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Checks the fields without a call of the API.
fn check_locally(typed: &str, password: &str, language: Language) -> EmailFields {
    EmailFields {
        typed: String::new(),
        address: Email::parse(typed).is_err().then(|| language.text("user-email-wrong")),
        password: password.is_empty().then(|| language.text("account-email-password-missing")),
    }
}

/// Returns the errors that the API reports, per field.
fn api_errors(error: &Error, language: Language) -> EmailFields {
    let mut fields = EmailFields::default();
    match error.code() {
        Some("locked-out") => {
            let seconds = error.retry_after().unwrap_or(60);
            fields.password = Some(language.text_with("account-locked-out", &[("seconds", seconds.into())]));
        }
        Some(MAIL_OFF) => fields.address = Some(language.text("account-mail-off")),
        _ => {
            let errors = error.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
            let is_wrong = |name: &str| errors.iter().any(|error| error.field == name);
            fields.address = is_wrong("new_email").then(|| language.text("account-email-not-new"));
            fields.password = is_wrong("password").then(|| language.text("account-email-password-wrong"));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use steward_contracts::Extensions;

    use super::*;
    use crate::testing::api_error;

    fn error(code: &str, fields: &[&str]) -> Error {
        api_error(422, code, fields, Extensions::default())
    }

    #[test]
    fn obvious_errors_need_no_call_of_the_api() {
        for (typed, password, expected) in [
            ("new@example.com", "secret", [false, false]),
            ("new", "secret", [true, false]),
            ("", "", [true, true]),
            ("new@example.com", "", [false, true]),
        ] {
            let fields = check_locally(typed, password, Language::English);
            assert_eq!([fields.address.is_some(), fields.password.is_some()], expected, "{typed} {password}");
        }
    }

    #[test]
    fn errors_of_the_api_are_assigned_to_their_fields() {
        for (code, names, expected) in [
            ("validation", &["password"][..], [false, true]),
            ("validation", &["new_email"], [true, false]),
            ("validation", &["new_email", "password"], [true, true]),
            (MAIL_OFF, &[], [true, false]),
            ("locked-out", &[], [false, true]),
            ("internal", &[], [false, false]),
        ] {
            let fields = api_errors(&error(code, names), Language::Korean);
            assert_eq!([fields.address.is_some(), fields.password.is_some()], expected, "{code} {names:?}");
        }
        assert!(api_errors(&error("locked-out", &[]), Language::English).password.unwrap().contains("30"));
    }
}
