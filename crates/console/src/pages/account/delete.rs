use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use steward_client::Error;

use super::ACCOUNT;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::{ProtectedForm, SignedIn, Toast};

#[derive(Template)]
#[template(path = "account_delete.html")]
struct DeletePage {
    frame: Frame,
    user_id: String,
    /// The user id as the user typed it.
    typed: String,
    errors: Errors,
}

/// The errors of the fields.
#[derive(Debug, Default, PartialEq, Eq)]
struct Errors {
    user_id: Option<String>,
    password: Option<String>,
}

/// Shows the page that explains and confirms the deletion.
pub(super) async fn show(caller: SignedIn) -> Result<HttpResponse, Failure> {
    render(&caller, "", Errors::default(), StatusCode::OK)
}

/// Deletes the account and signs out.
pub(super) async fn delete(ProtectedForm { caller, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let typed = form.get("user_id");
    let errors = errors_of(typed, form.get("password"), &caller.session.user_id, context.language());
    if errors != Errors::default() {
        return render(&caller, typed, errors, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match caller.api.delete_account(form.get("password")).await {
        Ok(deleted) => {
            let date = caller.session.times().instant(&deleted.purge_at);
            let text = [("date", date.into())];
            context.cookies().sign_out();
            context.add_toast(Toast::done(context.language().text_with("account-deleted", &text)));
            Ok(context.redirect("/sign-in"))
        }
        Err(error) if error.code() == Some("last-super-admin") => {
            context.add_toast(Toast::failed(context.t("user-denied-last-super-admin")));
            Ok(context.redirect(ACCOUNT))
        }
        Err(error) => match password_error(&error, context.language()) {
            Some(text) => {
                let errors = Errors { password: Some(text), ..Errors::default() };
                render(&caller, typed, errors, StatusCode::UNPROCESSABLE_ENTITY)
            }
            None => Err(error.into()),
        },
    }
}

/// Checks the typed user id, which confirms the deletion, and that a password is typed.
fn errors_of(typed: &str, password: &str, user_id: &str, language: Language) -> Errors {
    let is_confirmed = typed.trim().eq_ignore_ascii_case(user_id);
    Errors {
        user_id: (!is_confirmed).then(|| language.text("account-delete-id-wrong")),
        password: password.is_empty().then(|| language.text("account-current-missing")),
    }
}

fn password_error(error: &Error, language: Language) -> Option<String> {
    match error.status() {
        Some(422) => Some(language.text("account-current-wrong")),
        Some(429) => {
            let seconds = error.retry_after().unwrap_or(60);
            Some(language.text_with("account-locked-out", &[("seconds", seconds.into())]))
        }
        _ => None,
    }
}

fn render(caller: &SignedIn, typed: &str, errors: Errors, status: StatusCode) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let frame =
        Frame::signed_in(caller, Section::Account, context.t("account-delete")).below(ACCOUNT, context.t("my-account"));
    let user_id = caller.session.user_id.clone();
    context.render(status, &DeletePage { frame, user_id, typed: typed.to_owned(), errors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_needs_the_typed_id_and_a_password() {
        for (typed, password, expected) in [
            ("alice", "x", [false, false]),
            (" ALICE ", "x", [false, false]),
            ("", "x", [true, false]),
            ("bob", "", [true, true]),
            ("alice", "", [false, true]),
        ] {
            let Errors { user_id, password } = errors_of(typed, password, "Alice", Language::English);
            assert_eq!([user_id.is_some(), password.is_some()], expected, "{typed}");
        }
    }
}
