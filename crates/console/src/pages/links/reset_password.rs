use std::future::ready;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use steward_domain::LinkPurpose;

use super::outcome::{Rejection, render_rejection};
use super::{LinkParameters, done_path, forget_ended_session, outcome};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::pages::account::new_password::{PasswordFields, check_new, errors_of_anonymous};
use crate::pages::account::strength::anonymous_strength;
use crate::pages::failed::notice_of;
use crate::request::{ProtectedForm, RequestContext};

const PURPOSE: LinkPurpose = LinkPurpose::ResetPassword;
const STRENGTH: &str = "/reset-password/strength";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(PURPOSE.path(), get().to(show))
        .route(PURPOSE.path(), post().to(reset))
        .route(STRENGTH, post().to(anonymous_strength))
        .route(&done_path(PURPOSE), get().to(|context| ready(outcome::render_done(PURPOSE, &context))));
}

#[derive(Template)]
#[template(path = "reset_password.html")]
struct ResetPasswordPage {
    frame: Frame,
    token: String,
    password: PasswordFields,
    /// Why the call failed.
    notice: Option<String>,
}

async fn show(context: RequestContext, parameters: Query<LinkParameters>) -> Result<HttpResponse, Failure> {
    let token = parameters.into_inner().token;
    if token.is_empty() {
        return render_rejection(&context, PURPOSE, Rejection::Incomplete);
    }
    render(&context, token, PasswordFields::default(), None, StatusCode::OK)
}

/// Sets the new password. The passwords of the form are never sent back.
async fn reset(
    ProtectedForm { caller: context, form }: ProtectedForm<RequestContext>,
) -> Result<HttpResponse, Failure> {
    let (token, new) = (form.get("token").to_owned(), form.get("new_password"));
    if token.is_empty() {
        return render_rejection(&context, PURPOSE, Rejection::Incomplete);
    }
    let fields = check_new(new, form.get("repeated_password"), context.language());
    if !fields.is_valid() {
        return render(&context, token, fields, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let Err(error) = context.api().reset_forgotten_password(&token, new).await else {
        forget_ended_session(&context).await;
        return Ok(context.redirect(&done_path(PURPOSE)));
    };
    if let Some(rejection) = Rejection::of(&error) {
        return render_rejection(&context, PURPOSE, rejection);
    }
    if error.status() == Some(422) {
        let fields = errors_of_anonymous(&context, new, "new_password", &error).await?;
        if !fields.is_valid() {
            return render(&context, token, fields, None, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    let (status, notice) = notice_of(&context, error);
    render(&context, token, PasswordFields::default(), Some(notice), status)
}

fn render(
    context: &RequestContext,
    token: String,
    password: PasswordFields,
    notice: Option<String>,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(context, context.t("account-must-change"));
    context.render(status, &ResetPasswordPage { frame, token, password, notice })
}
