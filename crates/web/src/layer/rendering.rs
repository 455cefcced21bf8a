use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::Shared;
use super::context::{REQUEST_ID, RequestContext};
use crate::ApiError;
use crate::body::BODY_LIMIT;

/// A response that is ready to be sent, and what went wrong inside, for the log.
pub(super) struct Rendered {
    pub(super) response: ServiceResponse<BoxBody>,
    pub(super) cause: Option<String>,
}

/// Makes a problem of an error, and adds the headers that every response has.
pub(super) fn render<B: MessageBody + 'static>(
    shared: &Shared,
    context: &RequestContext,
    response: ServiceResponse<B>,
) -> Rendered {
    let (problem, cause) = match problem(shared, context, &response) {
        Some((problem, cause)) => (Some(problem), cause),
        None => (None, None),
    };
    let mut response = match problem {
        Some(problem) => response.into_response(problem),
        None => response.map_into_boxed_body(),
    };
    add_headers(context, response.headers_mut());
    Rendered { response, cause }
}

fn problem<B: MessageBody>(
    shared: &Shared,
    context: &RequestContext,
    response: &ServiceResponse<B>,
) -> Option<(HttpResponse, Option<String>)> {
    let path = response.request().path();
    let raw_path = response.request().uri().path();
    let answer = |error: &ApiError| error.respond(raw_path, context.id_text());
    if let Some(error) = response.response().error() {
        if let Some(error) = error.as_error::<ApiError>() {
            return Some((answer(error), error.cause().map(str::to_owned)));
        }
        let error = of_status(response.status(), &error.to_string());
        return Some((answer(&error), error.cause().map(str::to_owned)));
    }
    if !is_bare_error(response) {
        return None;
    }
    if let Some(methods) = shared.allowed.at(path).filter(|_| response.status() == StatusCode::NOT_FOUND) {
        let mut answer = answer(&ApiError::MethodNotAllowed);
        answer.headers_mut().insert(header::ALLOW, methods.clone());
        return Some((answer, None));
    }
    let error = of_status(response.status(), "the HTTP layer gave no reason");
    let mut answer = answer(&error);
    keep_headers(response.headers(), answer.headers_mut());
    Some((answer, error.cause().map(str::to_owned)))
}

/// An error that actix made by itself: a status and nothing to read.
fn is_bare_error<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0))
        && !response.headers().contains_key(header::CONTENT_TYPE)
}

fn of_status(status: StatusCode, cause: &str) -> ApiError {
    match status {
        StatusCode::BAD_REQUEST => ApiError::Malformed("The request cannot be read".into()),
        StatusCode::NOT_FOUND => ApiError::PathNotFound,
        StatusCode::METHOD_NOT_ALLOWED => ApiError::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ApiError::BodyTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge(BODY_LIMIT),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::NotJson,
        StatusCode::SERVICE_UNAVAILABLE => ApiError::Unavailable(cause.to_owned()),
        status if status.is_server_error() => ApiError::Internal(cause.to_owned()),
        status => ApiError::Other(status),
    }
}

/// What a bare error said in its headers still holds; where GET is allowed, HEAD is.
fn keep_headers(bare: &HeaderMap, problem: &mut HeaderMap) {
    for (name, value) in bare {
        if name == header::ALLOW {
            problem.insert(header::ALLOW, with_head(value));
        } else if !problem.contains_key(name) {
            problem.insert(name.clone(), value.clone());
        }
    }
}

fn with_head(allow: &HeaderValue) -> HeaderValue {
    match allow.to_str() {
        Ok(methods) if methods.contains("GET") && !methods.contains("HEAD") => {
            HeaderValue::from_str(&format!("{methods}, HEAD")).unwrap_or_else(|_| allow.clone())
        }
        _ => allow.clone(),
    }
}

/// What every response says. The two that depend on what is sent are left alone where a handler set them.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];
const UNLESS_SET: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ),
];

fn add_headers(context: &RequestContext, headers: &mut HeaderMap) {
    headers.insert(REQUEST_ID, context.id().clone());
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    for (name, value) in UNLESS_SET {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
}
