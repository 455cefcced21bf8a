use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use steward_contracts::services::{AuthenticateError, CredentialsError};
use steward_contracts::{FieldError, Problem};
use steward_domain::policy::Denied;
use steward_domain::ports::{ChangeError, CreateError, SaveSegmentError, StoreError, UniqueKey};
use steward_domain::{Invalid, Segment};

/// Every error response of the API. Only this file defines their statuses and problem types.
///
/// A 5xx response does not contain its cause. The request layer logs the cause once.
#[derive(Debug)]
pub enum ApiError {
    /// 400: the request is malformed; the position and the reason.
    Malformed(Cow<'static, str>),
    /// 401: no token, or an invalid token.
    Unauthenticated,
    /// 401 at sign-in: an unknown user or a wrong password.
    WrongCredentials,
    /// 403 at sign-in: the correct password of a deactivated account.
    AccountDeactivated,
    /// 403, or 409 for a change that is forbidden on the own account or on the last super_admin.
    Denied(Denied),
    /// 404: unknown user.
    UserNotFound,
    /// 404: unknown session.
    SessionNotFound,
    /// 404: the caller has no such segment.
    SegmentNotFound,
    /// 404: unknown path.
    PathNotFound,
    /// 405: the path does not support the method.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    BodyTimeout,
    /// 409: another user has this value.
    Taken(UniqueKey),
    /// 409: the caller has the maximum number of segments.
    TooManySegments,
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
    /// 429: too many wrong passwords; the time until the next attempt is possible.
    LockedOut(Duration),
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

impl ApiError {
    /// The value of `Retry-After` while a dependency is unavailable, in seconds.
    const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

    /// Creates an error of one invalid field.
    pub fn invalid_field(field: &str, reason: &Invalid) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: reason.to_string() }])
    }

    /// The last part of the problem type `urn:steward:problem:…`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::WrongCredentials => "wrong-credentials",
            Self::AccountDeactivated => "account-deactivated",
            Self::Denied(denied) => denied.code(),
            Self::UserNotFound => "user-not-found",
            Self::SessionNotFound => "session-not-found",
            Self::SegmentNotFound => "segment-not-found",
            Self::PathNotFound => "path-not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::BodyTimeout => "body-timeout",
            Self::Taken(_) => "taken",
            Self::TooManySegments => "too-many-segments",
            Self::Stale => "stale",
            Self::BodyTooLarge(_) => "body-too-large",
            Self::NotJson => "not-json",
            Self::ContentEncoding => "content-encoding",
            Self::Charset => "charset",
            Self::Invalid(_) => "validation",
            Self::RateLimited(_) => "rate-limited",
            Self::LockedOut(_) => "locked-out",
            Self::Internal(_) => "internal",
            Self::BadGateway(_) => "bad-gateway",
            Self::Unavailable(_) => "unavailable",
            Self::GatewayTimeout(_) => "gateway-timeout",
            Self::Other(_) => "http",
        }
    }

    /// The internal cause, for the log; `None` for an error of the caller.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Internal(cause)
            | Self::BadGateway(cause)
            | Self::Unavailable(cause)
            | Self::GatewayTimeout(cause) => Some(cause),
            _ => None,
        }
    }

    fn title(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Malformed(_) => "Malformed request",
            Self::Unauthenticated | Self::WrongCredentials => "Not authenticated",
            Self::AccountDeactivated => "Account deactivated",
            Self::Denied(_) => "Not allowed",
            Self::UserNotFound | Self::SessionNotFound | Self::SegmentNotFound | Self::PathNotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::BodyTimeout => "Request timeout",
            Self::Taken(_) => "Already taken",
            Self::TooManySegments => "Too many segments",
            Self::Stale => "Precondition failed",
            Self::BodyTooLarge(_) => "Body too large",
            Self::NotJson | Self::Charset => "Unsupported media type",
            Self::ContentEncoding => "Unsupported content coding",
            Self::Invalid(_) => "Invalid input",
            Self::RateLimited(_) => "Too many requests",
            Self::LockedOut(_) => "Too many wrong passwords",
            Self::Internal(_) => "Internal error",
            Self::BadGateway(_) => "Bad gateway",
            Self::Unavailable(_) => "Temporarily unavailable",
            Self::GatewayTimeout(_) => "Gateway timeout",
            Self::Other(status) => status.canonical_reason().unwrap_or("Error"),
        })
    }

    fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Malformed(detail) => detail.clone(),
            Self::Unauthenticated => "Could not validate credentials".into(),
            Self::WrongCredentials => "Invalid user ID or password".into(),
            Self::AccountDeactivated => "This account is deactivated".into(),
            Self::Denied(denied) => denied.to_string().into(),
            Self::UserNotFound => "User not found".into(),
            Self::SessionNotFound => "Session not found".into(),
            Self::SegmentNotFound => "Segment not found".into(),
            Self::PathNotFound => "Path not found".into(),
            Self::MethodNotAllowed => "This path does not support this method".into(),
            Self::BodyTimeout => "The body did not arrive in time".into(),
            Self::Taken(key) => format!("{key} is already taken").into(),
            Self::TooManySegments => {
                format!("At most {} segments can be saved: delete one first", Segment::MOST).into()
            }
            Self::Stale => "The user's current version is not in If-Match: read the user again".into(),
            Self::BodyTooLarge(limit) => format!("The body must be at most {limit} bytes").into(),
            Self::NotJson => "The body must be JSON: send Content-Type: application/json".into(),
            Self::ContentEncoding => "The body must not be compressed: send it without Content-Encoding".into(),
            Self::Charset => "The body must be UTF-8: send Content-Type without another charset".into(),
            Self::Invalid(errors) => {
                let fields: Vec<_> = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
                fields.join("; ").into()
            }
            Self::RateLimited(wait) => {
                format!("Too many requests, please try again in {} s", whole_seconds(*wait)).into()
            }
            Self::LockedOut(wait) => {
                format!("Too many wrong passwords, please try again in {} s", whole_seconds(*wait)).into()
            }
            Self::Internal(_) => "An internal error occurred".into(),
            Self::BadGateway(_) => "A service sent an invalid response".into(),
            Self::Unavailable(_) => "The service is temporarily unavailable, please try again".into(),
            Self::GatewayTimeout(_) => "A service did not respond in time".into(),
            Self::Other(status) => status.canonical_reason().unwrap_or("Error").into(),
        }
    }

    /// Returns the problem of a request to `instance` with this id.
    pub fn problem(&self, instance: &str, request_id: &str) -> Problem {
        Problem {
            kind: format!("urn:steward:problem:{}", self.code()).into(),
            title: self.title(),
            status: self.status_code().as_u16(),
            detail: self.detail(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: match self {
                Self::Invalid(errors) => errors.clone(),
                _ => Vec::new(),
            },
        }
    }

    /// Returns the whole response, with the headers that belong to its status.
    pub fn respond(&self, instance: &str, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthenticated => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            Self::RateLimited(wait) | Self::LockedOut(wait) => {
                response.insert_header((header::RETRY_AFTER, whole_seconds(*wait)));
            }
            Self::Unavailable(_) => {
                response.insert_header((header::RETRY_AFTER, Self::RETRY_AFTER));
            }
            Self::NotJson => {
                response.insert_header((header::ACCEPT, "application/json"));
            }
            Self::ContentEncoding => {
                response.insert_header((header::ACCEPT_ENCODING, "identity"));
            }
            _ => {}
        }
        let body = serde_json::to_vec(&self.problem(instance, request_id)).unwrap_or_default();
        response.content_type(Problem::MEDIA_TYPE).body(body)
    }
}

/// Returns the value of `Retry-After` (RFC 9110, 10.2.3) in whole seconds.
///
/// Rounds up, so that a retry is never too early. Never returns 0, which would ask for an immediate retry.
fn whole_seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated | Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::AccountDeactivated => StatusCode::FORBIDDEN,
            Self::Denied(denied) => match denied {
                Denied::NotAnAdministrator
                | Denied::TargetIsAdministrator
                | Denied::RolesAreForSuperAdmins
                | Denied::PasswordChangeRequired => StatusCode::FORBIDDEN,
                Denied::DeactivatingOneself | Denied::DeletingOneself | Denied::OwnRole | Denied::LastSuperAdmin => {
                    StatusCode::CONFLICT
                }
            },
            Self::UserNotFound | Self::SessionNotFound | Self::SegmentNotFound | Self::PathNotFound => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Taken(_) | Self::TooManySegments => StatusCode::CONFLICT,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson | Self::ContentEncoding | Self::Charset => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited(_) | Self::LockedOut(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadGateway(_) => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::GatewayTimeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Other(status) => *status,
        }
    }

    /// Returns a bare status. The request layer knows the request and replaces the response with a problem.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            Some(cause) => write!(f, "{}: {cause}", self.code()),
            None => write!(f, "{}: {}", self.code(), self.detail()),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::Unavailable(cause.to_string()),
            StoreError::Failed(cause) => Self::Internal(cause.to_string()),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => Self::UserNotFound,
            ChangeError::ActorGone => Self::Unauthenticated,
            ChangeError::Denied(denied) => denied.into(),
            ChangeError::Stale => Self::Stale,
            ChangeError::Conflict(key) => Self::Taken(key),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Conflict(key) => Self::Taken(key),
            CreateError::Store(error) => error.into(),
        }
    }
}

impl From<SaveSegmentError> for ApiError {
    fn from(error: SaveSegmentError) -> Self {
        match error {
            SaveSegmentError::Full => Self::TooManySegments,
            SaveSegmentError::OwnerGone => Self::Unauthenticated,
            SaveSegmentError::Store(error) => error.into(),
        }
    }
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid => Self::Unauthenticated,
            AuthenticateError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

impl From<CredentialsError> for ApiError {
    fn from(error: CredentialsError) -> Self {
        match error {
            CredentialsError::Unauthenticated => Self::Unauthenticated,
            CredentialsError::Denied(denied) => denied.into(),
            CredentialsError::NotFound => Self::UserNotFound,
            CredentialsError::WeakPassword(reason) => Self::invalid_field("new_password", &reason),
            CredentialsError::Overloaded => Self::Unavailable("the queue of passwords to hash is full".to_owned()),
            CredentialsError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_after_the_reported_wait_is_not_too_early() {
        for (wait, reported) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (59_000, "59"), (59_999, "60")] {
            let error = ApiError::RateLimited(Duration::from_millis(wait));
            let response = error.respond("/api/auth/login", "r-1");
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), reported, "{wait} ms");
            assert!(error.problem("", "").detail.ends_with(&format!("in {reported} s")), "{error}");
        }
    }
}
