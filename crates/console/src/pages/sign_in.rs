use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use steward_client::Error;
use steward_contracts::bodies::LoginRequest;
use steward_web::{AnyRequirement, NoRequirement};

use super::home::{home_of, page_of};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::language::Language;
use crate::request::{
    Caller, FormData, ProtectedForm, RequestContext, Session, SignedIn, Toast, end_session, own_page,
};
use crate::times::utc;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/sign-in", get().to(show))
        .route("/sign-in", post().to(sign_in))
        .route("/sign-out", post().to(sign_out));
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    user_id: String,
    /// The page after the sign-in; empty for the start page.
    next: String,
    failure: Option<String>,
    news: Option<String>,
}

/// The page of a deleted account, whose password was right.
#[derive(Template)]
#[template(path = "restore.html")]
struct RestorePage {
    frame: Frame,
    user_id: String,
    /// When the account will be erased.
    date: String,
    next: String,
}

#[derive(Deserialize)]
struct SignInParameters {
    #[serde(default)]
    next: String,
    /// Present if the session ended.
    over: Option<String>,
}

async fn show(context: RequestContext, parameters: Query<SignInParameters>) -> Result<HttpResponse, Failure> {
    let SignInParameters { next, over } = parameters.into_inner();
    if let Some(session) = context.cookies().session().filter(|_| over.is_none()) {
        return Ok(context.redirect(own_page(&next).unwrap_or_else(|| home_of(&session))));
    }
    let news = over.is_some().then(|| context.t("session-over"));
    let page = SignInPage { frame: frame(&context), user_id: String::new(), next, failure: None, news };
    context.render(StatusCode::OK, &page)
}

async fn sign_in(
    submitted: Result<ProtectedForm<RequestContext>, Failure>,
    context: RequestContext,
) -> Result<HttpResponse, Failure> {
    let form = match submitted {
        Ok(ProtectedForm { form, .. }) => form,
        Err(Failure::ForgedForm) => return render_expired(&context),
        Err(failure) => return Err(failure),
    };
    let (user_id, device) = (form.get("user_id").trim(), context.cookies().device());
    let request = LoginRequest {
        user_id: user_id.to_owned(),
        password: form.get("password").to_owned(),
        device_token: device,
        restore: form.get("restore") == "true",
    };
    let response = context.api().login_with(&request).await;
    match response {
        Ok(response) => {
            if let Some(token) = &response.device_token {
                context.cookies().set_device(token);
            }
            let previous = context.cookies().session();
            // Forms open in other windows stay valid for the same user only.
            let csrf = previous.as_ref().filter(|previous| previous.user_id == response.user_id);
            let csrf = csrf.map_or_else(|| context.new_csrf(), |previous| previous.csrf.clone());
            let session = Session::new(response, context.now(), csrf);
            context.cookies().set_session(&session);
            // Without the profile, times are in UTC and the user has no picture.
            if let Ok(mut caller) = SignedIn::<NoRequirement>::resolve(context.clone()).await
                && let Ok((profile, _)) = caller.api.own_profile().await
            {
                caller.remember_profile(&profile);
                caller.use_language_of(&profile);
            }
            if let Some(previous) = previous {
                end_session(&context, previous).await;
            }
            let next = match session.requirements().first() {
                Some(requirement) => page_of(requirement),
                None => own_page(form.get("next")).unwrap_or_else(|| home_of(&session)),
            };
            Ok(context.redirect(next))
        }
        Err(error) => {
            if let Some(purge_at) = error.problem().and_then(|problem| problem.extensions.purge_at) {
                return render_restore(&context, &form, user_id.to_owned(), &purge_at);
            }
            let failure = failure_text(context.language(), &error);
            let status = StatusCode::from_u16(error.status().unwrap_or(502)).unwrap_or(StatusCode::BAD_GATEWAY);
            render_failure(&context, &form, user_id.to_owned(), failure, status)
        }
    }
}

/// Shows the page again for a form whose token is no longer valid. An attacker may have sent the fields, so they are
/// dropped.
fn render_expired(context: &RequestContext) -> Result<HttpResponse, Failure> {
    let form = context.form().ok_or(Failure::NotAForm)?;
    render_failure(context, &form, String::new(), context.t("sign-in-expired"), StatusCode::FORBIDDEN)
}

fn render_failure(
    context: &RequestContext,
    form: &FormData,
    user_id: String,
    failure: String,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let next = form.get("next").to_owned();
    context.render(status, &SignInPage { frame: frame(context), user_id, next, failure: Some(failure), news: None })
}

/// Asks whether to restore a deleted account. The password must be typed again, because pages never contain one.
fn render_restore(
    context: &RequestContext,
    form: &FormData,
    user_id: String,
    purge_at: &DateTime<Utc>,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(context, context.t("restore"));
    let page = RestorePage { frame, user_id, date: utc(purge_at), next: form.get("next").to_owned() };
    context.render(StatusCode::FORBIDDEN, &page)
}

/// Returns the message for a failed sign-in, as the guide specifies it.
fn failure_text(language: Language, error: &Error) -> String {
    let text = |id: &str| language.text(id);
    match (error, error.status()) {
        (Error::Timeout(_), _) => text("sign-in-timeout"),
        (Error::Unreachable(_) | Error::Address(_), _) => text("sign-in-unreachable"),
        (_, Some(401 | 422)) => text("sign-in-wrong"),
        (_, Some(403)) if error.code() == Some("email-unverified") => text("sign-in-unverified"),
        (_, Some(403)) => text("sign-in-inactive"),
        (_, Some(429)) => {
            let seconds = error.retry_after().unwrap_or(60);
            language.text_with("sign-in-too-many", &[("seconds", seconds.into())])
        }
        (_, status) => {
            let status = status.map_or_else(|| "?".to_owned(), |status| status.to_string());
            language.text_with("sign-in-error", &[("status", status.into())])
        }
    }
}

/// Ends the session, here and at the API. The cookie is removed even if the API does not respond: the next user of this
/// browser must not continue the session.
async fn sign_out(
    submitted: Result<ProtectedForm<RequestContext>, Failure>,
    context: RequestContext,
) -> Result<HttpResponse, Failure> {
    let caller = match submitted {
        Ok(ProtectedForm { caller, .. }) => SignedIn::<AnyRequirement>::resolve(caller).await,
        // Without a session there is nothing to protect.
        Err(Failure::ForgedForm) if context.cookies().session().is_none() => Err(Failure::SignInNeeded),
        Err(failure) => Err(failure),
    };
    let has_ended = match caller {
        Ok(caller) => match caller.api.logout().await {
            Ok(()) => true,
            Err(error) => error.status() == Some(401),
        },
        Err(Failure::SignInNeeded) => true,
        Err(Failure::Api(_)) => false,
        Err(failure) => return Err(failure),
    };
    context.cookies().sign_out();
    let toast =
        if has_ended { Toast::done(context.t("signed-out")) } else { Toast::failed(context.t("signed-out-here")) };
    context.add_toast(toast);
    Ok(context.redirect("/sign-in"))
}

fn frame(context: &RequestContext) -> Frame {
    Frame::new(context, context.t("sign-in"))
}
