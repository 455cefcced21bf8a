use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;
use steward_client::Error;

use super::home::home_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::language::Language;
use crate::request::{
    Caller, FormData, PendingPasswordChange, ProtectedForm, RequestContext, Session, Toast, end, own_page,
};

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
    /// Where to go then; empty for the start.
    next: String,
    failure: Option<String>,
    news: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
    /// Whether a session ended while somebody was at work.
    over: Option<String>,
}

async fn show(context: RequestContext, asked: Query<Asked>) -> Result<HttpResponse, Failure> {
    let Asked { next, over } = asked.into_inner();
    if let Some(session) = context.cookies().session().filter(|_| over.is_none()) {
        return Ok(context.go(own_page(&next).unwrap_or_else(|| home_of(&session))));
    }
    let news = over.is_some().then(|| context.t("session-over"));
    let page = SignInPage { frame: frame(&context), user_id: String::new(), next, failure: None, news };
    context.page(StatusCode::OK, &page)
}

async fn sign_in(
    act: Result<ProtectedForm<RequestContext>, Failure>,
    context: RequestContext,
) -> Result<HttpResponse, Failure> {
    let form = match act {
        Ok(ProtectedForm { form, .. }) => form,
        Err(Failure::ForgedForm) => return expired(&context),
        Err(failure) => return Err(failure),
    };
    let (user_id, device) = (form.get("user_id").trim(), context.cookies().device());
    let answer = context.api().login_from(user_id, form.get("password"), device.as_deref()).await;
    match answer {
        Ok(answer) => {
            if let Some(token) = &answer.device_token {
                context.cookies().keep_device(token);
            }
            let before = context.cookies().session();
            // Forms open in other windows stay valid for the same user only.
            let csrf = before.as_ref().filter(|before| before.user_id == answer.user_id);
            let csrf = csrf.map_or_else(|| context.new_csrf(), |before| before.csrf.clone());
            let session = Session::of(answer, context.now(), csrf);
            context.cookies().keep_session(&session);
            if let Some(before) = before {
                end(&context, before).await;
            }
            let next = own_page(form.get("next")).unwrap_or_else(|| home_of(&session));
            Ok(context.go(if session.must_change_password { "/password" } else { next }))
        }
        Err(error) => {
            let failure = why(context.language(), &error);
            let status = StatusCode::from_u16(error.status().unwrap_or(502)).unwrap_or(StatusCode::BAD_GATEWAY);
            failed(&context, &form, user_id.to_owned(), failure, status)
        }
    }
}

/// The page again, for a form whose token is not known any more. What was typed there may be an attacker's.
fn expired(context: &RequestContext) -> Result<HttpResponse, Failure> {
    let form = context.form().ok_or(Failure::NotAForm)?;
    failed(context, &form, String::new(), context.t("sign-in-expired"), StatusCode::FORBIDDEN)
}

fn failed(
    context: &RequestContext,
    form: &FormData,
    user_id: String,
    failure: String,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let next = form.get("next").to_owned();
    context.page(status, &SignInPage { frame: frame(context), user_id, next, failure: Some(failure), news: None })
}

/// The guide's words for why nobody could sign in.
fn why(language: Language, error: &Error) -> String {
    let text = |id: &str| language.text(id);
    match (error, error.status()) {
        (Error::Timeout(_), _) => text("sign-in-timeout"),
        (Error::Unreachable(_) | Error::Address(_), _) => text("sign-in-unreachable"),
        (_, Some(401 | 422)) => text("sign-in-wrong"),
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

/// Ends the session, here and at the API. Here it ends even where the API does not answer: whoever comes to this browser
/// next is not to be them.
async fn sign_out(
    act: Result<ProtectedForm<RequestContext>, Failure>,
    context: RequestContext,
) -> Result<HttpResponse, Failure> {
    let who = match act {
        Ok(ProtectedForm { who, .. }) => PendingPasswordChange::find(who).await,
        // Without a session there is nothing to protect.
        Err(Failure::ForgedForm) if context.cookies().session().is_none() => Err(Failure::SignInNeeded),
        Err(failure) => Err(failure),
    };
    let has_ended = match who {
        Ok(PendingPasswordChange(who)) => match who.api.logout().await {
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
    context.tell(toast);
    Ok(context.go("/sign-in"))
}

fn frame(context: &RequestContext) -> Frame {
    Frame::of(context, context.t("sign-in"))
}
