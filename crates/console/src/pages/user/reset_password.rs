//! Resets the password of a user: by a link in a mail, or by a temporary password that is shown once.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use steward_client::Error;
use steward_contracts::bodies::UserDetailsBody;
use steward_domain::Action;

use super::denied::denial_text;
use super::permissions::Permissions;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::pages::finish::finish_at;
use crate::pages::users::LIST;
use crate::request::{Administrator, ProtectedForm, SignedIn, Toast, own_page};

#[derive(Template)]
#[template(path = "user_reset_password.html")]
struct ResetPage {
    frame: Frame,
    address: String,
    user: UserDetailsBody,
    /// The page that linked here.
    back: String,
}

/// A password that is shown once.
#[derive(Template)]
#[template(path = "user_password.html")]
pub(in crate::pages) struct PasswordPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) text: String,
    /// The page of the user.
    pub(in crate::pages) address: String,
    pub(in crate::pages) password: String,
    /// The page of the form.
    pub(in crate::pages) back: String,
    pub(in crate::pages) audit: String,
}

#[derive(Deserialize)]
pub(super) struct ResetParameters {
    /// The page that linked here.
    back: Option<String>,
}

/// Asks how the user gets a password. A link is the default, if one can be mailed.
pub(super) async fn ask(
    Administrator(caller): Administrator,
    id: Path<String>,
    parameters: Query<ResetParameters>,
) -> Result<HttpResponse, Failure> {
    let user = caller.api.user(&id).await?;
    let (context, address) = (&caller.context, address(&user.user_id));
    if !Permissions::new(&caller.session, &user.user_id, user.role).reset_password {
        context.add_toast(Toast::failed(context.t("user-denied-target-is-administrator")));
        return Ok(context.redirect(&address));
    }
    let back = parameters.back.as_deref().and_then(own_page).unwrap_or(&address).to_owned();
    let frame = Frame::signed_in(&caller, Section::Users, context.t("user-reset-password"))
        .below(LIST, context.t("user-management"))
        .below(address.clone(), user.name.clone());
    context.render(StatusCode::OK, &ResetPage { frame, address, user, back })
}

/// Resets the password in the chosen way.
pub(super) async fn reset(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let address = address(&id);
    let back = own_page(form.get("back")).unwrap_or(&address);
    if form.get("delivery") == "link" {
        return mail_link(&caller, &id, back).await;
    }
    match caller.api.reset_password(&id, None).await {
        Ok(outcome) => {
            let password = outcome.temporary_password.unwrap_or_default();
            show_password(&caller, outcome.user_id, password, address.clone(), back.to_owned())
        }
        Err(error) => finish_at(&caller, back, String::new(), Err(error), denial_text),
    }
}

async fn mail_link(caller: &SignedIn, id: &str, back: &str) -> Result<HttpResponse, Failure> {
    let sent = caller.api.send_password_link(id).await.map(|sent| {
        let recipient = sent.recipient.unwrap_or_default();
        caller.context.language().text_with("user-link-sent", &[("email", recipient.into())])
    });
    finish_at(caller, back, audit_address(id, Action::PasswordReset), sent, link_rejection)
}

/// Returns why the API mailed no link. Returns `None` for errors that are not about it.
fn link_rejection(error: &Error, language: Language) -> Option<String> {
    match error.code()? {
        "mail-off" => Some(language.text("user-mail-off")),
        "user-inactive" => Some(language.text("user-link-inactive")),
        _ => denial_text(error, language),
    }
}

/// Shows a temporary password once: it is in this response only, in no cookie and no cache.
fn show_password(
    caller: &SignedIn,
    user_id: String,
    password: String,
    address: String,
    back: String,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let page = PasswordPage {
        frame: Frame::signed_in(caller, Section::Users, context.t("user-temporary-password"))
            .below(LIST, context.t("user-management"))
            .below(address.clone(), user_id.clone()),
        back,
        audit: audit_address(&user_id, Action::PasswordReset),
        text: context.language().text_with("user-temporary-text", &[("id", user_id.into())]),
        password,
        address,
    };
    let mut response = context.render(StatusCode::OK, &page)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
