use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;
use steward_client::Error;

use super::home::home_of;
use crate::Console;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::language::Language;
use crate::visit::{Act, Restricted, Session, Toast, Visit, own_page};

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

async fn show(visit: Visit, asked: Query<Asked>) -> Result<HttpResponse, Failure> {
    let Asked { next, over } = asked.into_inner();
    if let Some(session) = visit.jar().session().filter(|_| over.is_none()) {
        return Ok(visit.go(home_of(&session)));
    }
    let news = over.is_some().then(|| visit.t("session-over"));
    let page = SignInPage { frame: frame(&visit), user_id: String::new(), next, failure: None, news };
    visit.page(StatusCode::OK, &page)
}

async fn sign_in(Act { who: visit, form }: Act<Visit>, console: Data<Console>) -> Result<HttpResponse, Failure> {
    let (user_id, device) = (form.get("user_id").trim(), visit.jar().device());
    let answer = visit.api().login_from(user_id, form.get("password"), device.as_deref()).await;
    match answer {
        Ok(answer) => {
            if let Some(token) = &answer.device_token {
                visit.jar().keep_device(token);
            }
            let session = Session::new(answer, visit.now(), console.ids.as_ref());
            let next = own_page(form.get("next")).map(str::to_owned);
            let next = next.unwrap_or_else(|| home_of(&session).to_owned());
            let before = visit.jar().session();
            visit.jar().keep_session(&session);
            if let Some(before) = before {
                // Nobody holds it any more. If it cannot be ended now it ends by itself.
                let _ = visit.api().with_token(before.access_token).logout().await;
            }
            Ok(visit.go(if session.must_change_password { "/password" } else { &next }))
        }
        Err(error) => {
            let failure = why(visit.language(), &error);
            let status = StatusCode::from_u16(error.status().unwrap_or(502)).unwrap_or(StatusCode::BAD_GATEWAY);
            let (user_id, next) = (user_id.to_owned(), form.get("next").to_owned());
            let page = SignInPage { frame: frame(&visit), user_id, next, failure: Some(failure), news: None };
            visit.page(status, &page)
        }
    }
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
async fn sign_out(act: Result<Act<Restricted>, Failure>, visit: Visit) -> Result<HttpResponse, Failure> {
    let has_ended = match act {
        Ok(Act { who, .. }) => match who.0.api.logout().await {
            Ok(()) => true,
            Err(error) => error.status() == Some(401),
        },
        Err(Failure::SignInNeeded) => true,
        Err(Failure::Api(_)) => false,
        Err(failure) => return Err(failure),
    };
    visit.jar().sign_out();
    let toast = if has_ended { Toast::done(visit.t("signed-out")) } else { Toast::failed(visit.t("signed-out-here")) };
    visit.tell(toast);
    Ok(visit.go("/sign-in"))
}

fn frame(visit: &Visit) -> Frame {
    Frame::of(visit, visit.t("sign-in"))
}
