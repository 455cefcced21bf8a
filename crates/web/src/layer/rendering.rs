use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::context::RequestContext;
use super::parts::in_parts;
use super::{Shared, headers};
use crate::body::BODY_LIMIT;
use crate::{ApiError, HttpError};

/// A response that is ready to be sent, and the internal cause of an error, for the log.
pub(super) struct Rendered {
    pub(super) response: ServiceResponse<BoxBody>,
    pub(super) cause: Option<String>,
}

/// Turns an error into a problem, and adds the headers of every response to a client.
pub(super) fn render<B: MessageBody + 'static>(
    shared: &Shared,
    context: &RequestContext,
    response: ServiceResponse<B>,
) -> Rendered {
    let (problem, cause) = match to_problem(shared, context, &response) {
        Some((problem, cause)) => (Some(problem), cause),
        None => (None, None),
    };
    let mut response = match problem {
        Some(problem) => response.into_response(problem),
        None => response.map_into_boxed_body(),
    };
    headers::add(shared, context, &mut response);
    Rendered { response: response.map_body(|_, body| in_parts(body)), cause }
}

fn to_problem<B: MessageBody>(
    shared: &Shared,
    context: &RequestContext,
    response: &ServiceResponse<B>,
) -> Option<(HttpResponse, Option<String>)> {
    let error = response.response().error();
    if error.is_none() && !is_bare_error(response) {
        return None;
    }
    let request = response.request();
    // The path as the router reads it, percent-decoded.
    let endpoint = shared.endpoints.at(request.match_info().as_str());
    let of_http: ApiError;
    let error = if let Some(error) = error {
        if let Some(api_error) = error.as_error::<ApiError>() {
            api_error
        } else {
            of_http = of_status(response.status(), &error.to_string()).into();
            &of_http
        }
    } else {
        of_http = match endpoint {
            Some(endpoint) if response.status() == StatusCode::NOT_FOUND && !endpoint.has(request.method()) => {
                ApiError::from(HttpError::MethodNotAllowed).with_header(header::ALLOW, endpoint.allow.clone())
            }
            _ => of_status(response.status(), "an error of the HTTP layer without a cause").into(),
        };
        &of_http
    };
    let renderer = endpoint.map(|endpoint| endpoint.renderer).unwrap_or_default();
    let mut problem = error.respond(renderer, request.uri().path(), context.id_text());
    keep_headers(response.headers(), problem.headers_mut());
    Some((problem, error.cause().map(str::to_owned)))
}

/// Whether this is an error of actix itself: a status without a body.
fn is_bare_error<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0))
        && !response.headers().contains_key(header::CONTENT_TYPE)
}

fn of_status(status: StatusCode, cause: &str) -> HttpError {
    match status {
        StatusCode::BAD_REQUEST => HttpError::Malformed("The request is malformed".into()),
        StatusCode::NOT_FOUND => HttpError::PathNotFound,
        StatusCode::METHOD_NOT_ALLOWED => HttpError::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => HttpError::BodyTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => HttpError::BodyTooLarge(BODY_LIMIT),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => HttpError::NotJson,
        StatusCode::SERVICE_UNAVAILABLE => HttpError::Unavailable(cause.to_owned()),
        status if status.is_server_error() => HttpError::Internal(cause.to_owned()),
        status => HttpError::Other(status),
    }
}

/// Keeps the headers of the error and of the middleware around it. Adds HEAD to `Allow` where GET is allowed.
fn keep_headers(error: &HeaderMap, problem: &mut HeaderMap) {
    for name in error.keys() {
        // The problem's own headers, such as its media type, take precedence.
        if problem.contains_key(name) {
            continue;
        }
        for value in error.get_all(name) {
            let value = if name == header::ALLOW { with_head(value) } else { value.clone() };
            problem.append(name.clone(), value);
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
