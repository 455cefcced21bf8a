use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use askama::Template;
use steward_domain::SessionRequirement;
use steward_web::ChangePassword;

use super::account::new_password::{self, PasswordFields};
use super::home::home_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::request::{ProtectedForm, SignedIn, Toast};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/password", get().to(show)).route("/password", post().to(change));
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    user_id: String,
    password: PasswordFields,
}

/// Shows the page on which a user replaces a password that an administrator set.
async fn show(caller: SignedIn<ChangePassword>) -> Result<HttpResponse, Failure> {
    if !caller.session.requirements().contains(SessionRequirement::ChangePassword) {
        return Ok(caller.context.redirect("/account"));
    }
    page(&caller, PasswordFields::default(), StatusCode::OK)
}

async fn change(submitted: ProtectedForm<SignedIn<ChangePassword>>) -> Result<HttpResponse, Failure> {
    let ProtectedForm { mut caller, form } = submitted;
    if let Err(fields) = new_password::change(&caller, &form).await? {
        return page(&caller, fields, StatusCode::UNPROCESSABLE_ENTITY);
    }
    caller.session.fulfil(SessionRequirement::ChangePassword);
    caller.context.cookies().set_session(&caller.session);
    caller.context.add_toast(Toast::done(caller.context.t("account-password-changed")));
    Ok(caller.context.redirect(home_of(&caller.session)))
}

fn page(
    caller: &SignedIn<ChangePassword>,
    password: PasswordFields,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(&caller.context, caller.context.t("account-must-change"));
    caller.context.render(status, &PasswordPage { frame, user_id: caller.session.user_id.clone(), password })
}
