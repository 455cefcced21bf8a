//! Errors as problems (RFC 9457).
//!
//! - [`IntoProblem`]: an error that clients may see. The crate that defines an error implements it, in its `http`
//!   module.
//! - [`ApiError`]: the error type of every handler. `?` converts each [`IntoProblem`] to it.
//! - [`HttpError`]: the errors of HTTP itself. `shared`: the errors of `domain` and `contracts` that every service has.
//! - [`ProblemRenderer`]: another form of the response, for the endpoints that choose it.

mod http_error;
mod renderer;
mod shared;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use steward_contracts::{Extensions, FieldError, Problem};

pub use http_error::HttpError;
pub use renderer::ProblemRenderer;

/// An error that the response to a client reports as a problem.
pub trait IntoProblem {
    /// Converts the error to its problem.
    fn into_problem(self) -> ApiError;
}

/// The error of a handler: the problem of the response, the headers that belong to it, and the cause for the log.
///
/// The request layer logs the cause once. The response does not contain it.
#[derive(Debug)]
pub struct ApiError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    field_errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    extensions: Extensions,
    cause: Option<String>,
}

impl ApiError {
    /// Creates an error.
    ///
    /// `code` is the last part of the problem type `urn:steward:problem:…`. Clients compare it, so it is stable. `title`
    /// names the problem type, and `detail` describes this occurrence.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (field_errors, headers) = (Vec::new(), Vec::new());
        Self(Box::new(Parts {
            status,
            code,
            title,
            detail: detail.into(),
            field_errors,
            headers,
            extensions: Extensions::default(),
            cause: None,
        }))
    }

    /// Creates a 429 with `Retry-After`. `wait` is the time until the next attempt is possible.
    pub fn too_many(code: &'static str, title: &'static str, wait: Duration) -> Self {
        let seconds = whole_seconds(wait);
        let detail = format!("{title}, please try again in {seconds} s");
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, title, detail).with_header(RETRY_AFTER, seconds.into())
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Adds the errors of single fields.
    #[must_use]
    pub fn with_field_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.field_errors = errors;
        self
    }

    /// Adds the members that only this type of problem has.
    #[must_use]
    pub fn with_extensions(mut self, extensions: Extensions) -> Self {
        self.0.extensions = extensions;
        self
    }

    /// Adds the internal cause, for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: String) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the description of this occurrence.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Returns the errors of single fields.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.field_errors
    }

    /// Returns the internal cause, for the log; `None` for an error of the caller.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Returns the problem of a request to `instance` with this id.
    pub fn problem(&self, instance: &str, request_id: &str) -> Problem {
        let Parts { status, code, title, detail, field_errors, extensions, .. } = &*self.0;
        Problem {
            kind: format!("urn:steward:problem:{code}").into(),
            title: (*title).into(),
            status: status.as_u16(),
            detail: detail.clone(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: field_errors.clone(),
            extensions: extensions.clone(),
        }
    }

    /// Returns the whole response to a request to `instance` with this id.
    pub fn respond(&self, renderer: ProblemRenderer, instance: &str, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status);
        for header in &self.0.headers {
            response.insert_header(header.clone());
        }
        (renderer.0)(&self.problem(instance, request_id), response)
    }
}

impl<E: IntoProblem> From<E> for ApiError {
    fn from(error: E) -> Self {
        error.into_problem()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// Returns a bare status. The request layer knows the request and replaces the response with a problem.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0.status)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.cause().unwrap_or(&self.0.detail))
    }
}

/// Returns the value of `Retry-After` (RFC 9110, 10.2.3) in whole seconds.
///
/// Rounds up, so that a retry is never too early. Never returns 0, which would ask for an immediate retry.
fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_the_reported_wait_is_not_too_early() {
        for (wait, reported) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (59_000, "59"), (59_999, "60")] {
            let error = ApiError::from(HttpError::RateLimited(Duration::from_millis(wait)));
            let response = error.respond(ProblemRenderer::default(), "/api/auth/login", "r-1");
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), reported, "{wait} ms");
            assert!(error.detail().ends_with(&format!("in {reported} s")), "{error}");
        }
    }
}
