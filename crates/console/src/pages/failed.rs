use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use steward_client::Error;

use super::home::page_of;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::RequestContext;

/// A page that contains a message.
#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    frame: Frame,
    code: String,
    text: String,
    /// The request id in the API's log.
    request_id: Option<String>,
    /// Seconds before a retry is useful.
    retry_after: Option<u64>,
    is_get: bool,
}

/// Returns the response to a failure: a redirect to the page that resolves it, or a page with a message.
pub(crate) async fn failure_response(context: &RequestContext, failure: &Failure) -> HttpResponse {
    match failure {
        Failure::SignInNeeded => return sign_in_needed(context),
        Failure::RequirementOutstanding(requirement) => return context.redirect(page_of(*requirement)),
        Failure::Internal(cause) => tracing::error!(cause, "failed to render a page"),
        Failure::ForeignOrigin { origin, own } => context.log_foreign_origin(origin, own),
        Failure::Api(error) if error.problem().is_none() => tracing::warn!(%error, "no response from the API"),
        _ => {}
    }
    let status = failure.status_code();
    let (title, text) = message_ids(failure);
    let session = context.cookies().session();
    let frame = match session {
        Some(session) => Frame::for_session(context, &session, Section::None, context.t(title)),
        None => Frame::new(context, context.t(title)),
    };
    let problem = if let Failure::Api(error) = failure { error.problem() } else { None };
    let page = MessagePage {
        text: problem
            .filter(|_| status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS)
            .map_or_else(|| message(context, failure, text), |problem| problem.detail.to_string()),
        code: status.as_u16().to_string(),
        request_id: problem.filter(|_| status.is_server_error()).map(|problem| problem.request_id.clone()),
        retry_after: if let Failure::Api(error) = failure { error.retry_after() } else { None },
        is_get: context.is_get(),
        frame,
    };
    let mut response = context.render(status, &page).unwrap_or_else(|_| HttpResponse::InternalServerError().finish());
    if matches!(failure, Failure::EncodedForm) {
        // The accepted codings (RFC 9110, 15.5.16): none.
        response.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    response
}

/// Returns the message, with the values of the failure inserted.
fn message(context: &RequestContext, failure: &Failure, text: &str) -> String {
    match failure {
        Failure::ForeignOrigin { origin, own } => {
            let values = [("origin", origin.clone().into()), ("own", own.clone().into())];
            context.language().text_with(text, &values)
        }
        _ => context.t(text),
    }
}

/// Redirects to the sign-in page. The sign-in leads back to the requested page, or to the page of the form, where the
/// typed fields are restored.
fn sign_in_needed(context: &RequestContext) -> HttpResponse {
    let session = context.cookies().session();
    context.cookies().remove_session();
    let was_signed_in = session.is_some();
    let draft = session.and_then(|session| context.draft(&session));
    if let Some(draft) = &draft {
        context.cookies().set_draft(draft);
    }
    let next = draft.map(|draft| draft.page).or_else(|| match context.form() {
        Some(form) => Some(form.page("/").to_owned()),
        None => context.is_get().then(|| context.target().to_owned()),
    });
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(next) = next.filter(|next| next != "/") {
        query.append_pair("next", &next);
    }
    if was_signed_in {
        query.append_pair("over", "1");
    }
    let query = query.finish();
    context.redirect(&if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") })
}

/// Returns the status and the message of a failed call, for a page that keeps its form.
pub(super) fn notice_of(context: &RequestContext, error: Error) -> (StatusCode, String) {
    if error.problem().is_none() {
        tracing::warn!(%error, "no response from the API");
    }
    let text = match (error.problem(), error.status()) {
        (_, Some(429)) => {
            let seconds = error.retry_after().unwrap_or(60);
            context.language().text_with("sign-in-too-many", &[("seconds", seconds.into())])
        }
        (Some(problem), Some(400..=499)) => problem.detail.to_string(),
        _ => String::new(),
    };
    let failure = Failure::Api(Rc::new(error));
    let text = if text.is_empty() { context.t(message_ids(&failure).1) } else { text };
    (failure.status_code(), text)
}

/// Returns the ids of the title and the text of a failure.
pub(super) fn message_ids(failure: &Failure) -> (&'static str, &'static str) {
    match failure {
        Failure::Forbidden => ("forbidden", "forbidden-text"),
        Failure::NotFound => ("not-found", "not-found-text"),
        Failure::ForgedForm => ("forged-form", "forged-form-text"),
        Failure::ForeignSite => ("foreign-form", "foreign-form-text"),
        Failure::ForeignOrigin { origin, .. } if origin == "null" => ("foreign-form", "foreign-form-hidden-text"),
        Failure::ForeignOrigin { .. } => ("foreign-form", "foreign-form-origin-text"),
        Failure::NotAForm | Failure::EncodedForm => ("not-a-form", "not-a-form-text"),
        Failure::Api(error) => match (&**error, error.status()) {
            (Error::Timeout(_), _) => ("api-slow", "api-slow-text"),
            (Error::Unreachable(_), _) => ("api-away", "api-away-text"),
            (_, Some(403)) => ("forbidden", "forbidden-text"),
            (_, Some(429)) => ("too-many", "too-many-text"),
            (_, Some(503)) => ("api-busy", "api-busy-text"),
            (_, Some(400..=499)) => ("refused", "refused-text"),
            _ => ("api-error", "api-error-text"),
        },
        _ => ("internal", "internal-text"),
    }
}
