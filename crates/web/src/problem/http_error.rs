use std::borrow::Cow;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use steward_contracts::FieldError;
use steward_domain::Invalid;

use super::{ApiError, IntoProblem};

/// The errors of HTTP itself, which do not depend on a service.
#[derive(Debug)]
pub enum HttpError {
    /// 400: the request is malformed; the position and the reason.
    Malformed(Cow<'static, str>),
    /// 401: no token, or an invalid token.
    Unauthenticated,
    /// 404: unknown path.
    PathNotFound,
    /// 405: the path does not support the method.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 412: the user's current version is not in `If-Match`.
    Stale,
    /// 413: the body is larger than this number of bytes.
    BodyTooLarge(usize),
    /// 415: the body is not JSON.
    NotJson,
    /// 415: the body has a content coding, such as gzip.
    ContentEncoding,
    /// 415: the declared charset of the body is not UTF-8.
    Charset,
    /// 422: the request is well-formed, but these fields are invalid.
    Invalid(Vec<FieldError>),
    /// 429: a rate limit is exceeded; the time until the next attempt is possible.
    RateLimited(Duration),
    /// 500: a defect; the cause.
    Internal(String),
    /// 502: the service behind the gateway sent an invalid response; the cause.
    BadGateway(String),
    /// 503: a dependency is unavailable, or the service is overloaded; the cause.
    Unavailable(String),
    /// 504: the service behind the gateway did not respond in time; the cause.
    GatewayTimeout(String),
    /// Any other status that the HTTP layer chose.
    Other(StatusCode),
}

impl HttpError {
    /// The value of `Retry-After` while a dependency is unavailable, in seconds.
    const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

    /// Creates an error of one invalid field.
    pub fn invalid_field(field: &str, reason: &Invalid) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: reason.to_string() }])
    }
}

impl IntoProblem for HttpError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Malformed(detail) => ApiError::new(StatusCode::BAD_REQUEST, "malformed", "Malformed request", detail),
            Self::Unauthenticated => ApiError::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Not authenticated",
                "Could not validate credentials",
            )
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::PathNotFound => ApiError::new(StatusCode::NOT_FOUND, "path-not-found", "Not found", "Path not found"),
            Self::MethodNotAllowed => ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
                "This path does not support this method",
            ),
            Self::BodyTimeout => ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "body-timeout",
                "Request timeout",
                "The body did not arrive in time",
            ),
            Self::Stale => ApiError::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "Precondition failed",
                "The user's current version is not in If-Match: read the user again",
            ),
            Self::BodyTooLarge(limit) => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "Body too large",
                format!("The body must be at most {limit} bytes"),
            ),
            Self::NotJson => ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "Unsupported media type",
                "The body must be JSON: send Content-Type: application/json",
            )
            .with_header(ACCEPT, HeaderValue::from_static("application/json")),
            Self::ContentEncoding => ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-encoding",
                "Unsupported content coding",
                "The body must not be compressed: send it without Content-Encoding",
            )
            .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            Self::Charset => ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "charset",
                "Unsupported media type",
                "The body must be UTF-8: send Content-Type without another charset",
            ),
            Self::Invalid(errors) => {
                let fields: Vec<_> = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "Invalid input", fields.join("; "))
                    .with_field_errors(errors)
            }
            Self::RateLimited(wait) => ApiError::too_many("rate-limited", "Too many requests", wait),
            Self::Internal(cause) => ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
                "An internal error occurred",
            )
            .with_cause(cause),
            Self::BadGateway(cause) => ApiError::new(
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "Bad gateway",
                "A service sent an invalid response",
            )
            .with_cause(cause),
            Self::Unavailable(cause) => ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable",
                "The service is temporarily unavailable, please try again",
            )
            .with_header(RETRY_AFTER, Self::RETRY_AFTER)
            .with_cause(cause),
            Self::GatewayTimeout(cause) => ApiError::new(
                StatusCode::GATEWAY_TIMEOUT,
                "gateway-timeout",
                "Gateway timeout",
                "A service did not respond in time",
            )
            .with_cause(cause),
            Self::Other(status) => {
                let reason = status.canonical_reason().unwrap_or("Error");
                ApiError::new(status, "http", reason, reason)
            }
        }
    }
}
