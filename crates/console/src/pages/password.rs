use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use askama::Template;

use super::account::new_password::{self, PasswordFields};
use super::home::home_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::visit::{Act, Restricted, SignedIn, Toast};

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
async fn show(Restricted(who): Restricted) -> Result<HttpResponse, Failure> {
    if !who.session.must_change_password {
        return Ok(who.visit.go("/account"));
    }
    page(&who, PasswordFields::default(), StatusCode::OK)
}

async fn change(act: Act<Restricted>) -> Result<HttpResponse, Failure> {
    let Act { who: Restricted(mut who), form } = act;
    if let Err(fields) = new_password::change(&who, &form).await? {
        return page(&who, fields, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // The tokens stay good, and open everything from now on.
    who.session.must_change_password = false;
    who.visit.jar().keep_session(&who.session);
    who.visit.tell(Toast::done(who.visit.t("account-password-changed")));
    Ok(who.visit.go(home_of(&who.session)))
}

fn page(who: &SignedIn, password: PasswordFields, status: StatusCode) -> Result<HttpResponse, Failure> {
    let frame = Frame::of(&who.visit, who.visit.t("account-must-change"));
    who.visit.page(status, &PasswordPage { frame, user_id: who.session.user_id.clone(), password })
}
