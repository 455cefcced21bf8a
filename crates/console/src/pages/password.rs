use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use askama::Template;

use super::account::new_password::{self, PasswordFields};
use super::home::home_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::request::{PendingPasswordChange, ProtectedForm, SignedIn, Toast};

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

/// The page on which whoever got their password from somebody else replaces it, before anything else.
async fn show(PendingPasswordChange(who): PendingPasswordChange) -> Result<HttpResponse, Failure> {
    if !who.session.must_change_password {
        return Ok(who.context.go("/account"));
    }
    page(&who, PasswordFields::default(), StatusCode::OK)
}

async fn change(act: ProtectedForm<PendingPasswordChange>) -> Result<HttpResponse, Failure> {
    let ProtectedForm { who: PendingPasswordChange(mut who), form } = act;
    if let Err(fields) = new_password::change(&who, &form).await? {
        return page(&who, fields, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // The tokens stay good, and open everything from now on.
    who.session.must_change_password = false;
    who.context.cookies().keep_session(&who.session);
    who.context.tell(Toast::done(who.context.t("account-password-changed")));
    Ok(who.context.go(home_of(&who.session)))
}

fn page(who: &SignedIn, password: PasswordFields, status: StatusCode) -> Result<HttpResponse, Failure> {
    let frame = Frame::of(&who.context, who.context.t("account-must-change"));
    who.context.page(status, &PasswordPage { frame, user_id: who.session.user_id.clone(), password })
}
