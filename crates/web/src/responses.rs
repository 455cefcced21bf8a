//! The problems that many endpoints answer with, for their OpenAPI documentation.

use steward_contracts::Problem;
use utoipa::IntoResponses;

/// Of every endpoint: an address that cannot be read, too many requests, or a service, or what it stands on, that is
/// away. To be listed first, so that another 400 takes the place of this one.
#[derive(IntoResponses)]
pub enum Anywhere {
    /// A bad percent-escape in the address.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// More often than the limits allow; nothing was done.
    #[response(
        status = 429,
        content_type = "application/problem+json",
        headers(
            ("Retry-After" = u32, description = "Seconds until it is worth trying again"),
            ("RateLimit" = String, description = "Per limit: how many are left (r), and seconds until all are back (t)"),
            ("RateLimit-Policy" = String, description = "Per limit: how many (q) in how many seconds (w)")
        )
    )]
    RateLimited(Problem),
    /// A service gave no usable answer.
    #[response(status = 502, content_type = "application/problem+json")]
    BadGateway(Problem),
    /// The database is away, or there is more to do than can be done soon.
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = u32, description = "Seconds until it is worth trying again"))
    )]
    Unavailable(Problem),
    /// A service did not answer in time.
    #[response(status = 504, content_type = "application/problem+json")]
    GatewayTimeout(Problem),
}

/// Of endpoints that no limit applies to and that take nothing.
#[derive(IntoResponses)]
pub enum Unlimited {
    /// A bad percent-escape in the address.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
}

/// Of endpoints that need a token, and be it one of somebody who has to change their password first.
#[derive(IntoResponses)]
pub enum NeedsAnyToken {
    /// No token, or one that is malformed, forged, expired or revoked.
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "`Bearer`"))
    )]
    Unauthenticated(Problem),
}

/// Of endpoints that need a token.
#[derive(IntoResponses)]
pub enum NeedsToken {
    /// No token, or one that is malformed, forged, expired or revoked.
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "`Bearer`"))
    )]
    Unauthenticated(Problem),
    /// The caller has to change their password first.
    #[response(status = 403, content_type = "application/problem+json")]
    PasswordChangeRequired(Problem),
}

/// Of endpoints that need an administrator's token.
#[derive(IntoResponses)]
pub enum NeedsAdministrator {
    /// No token, or one that is malformed, forged, expired or revoked.
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "`Bearer`"))
    )]
    Unauthenticated(Problem),
    /// Not an administrator, or an admin who acts on an administrator or gives a role; or who has to change their
    /// password first.
    #[response(status = 403, content_type = "application/problem+json")]
    Denied(Problem),
}

/// Of endpoints that take a query.
#[derive(IntoResponses)]
pub enum ReadsQuery {
    /// A bad percent-escape; what and where.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// Parameters that are not valid, each in `errors`.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Of endpoints that take a body.
#[derive(IntoResponses)]
pub enum ReadsBody {
    /// Malformed JSON, bad UTF-8, a bad percent-escape; what and where.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    BodyTimeout(Problem),
    /// The body is over 64 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    BodyTooLarge(Problem),
    /// The body is not JSON, has a content coding such as gzip, or another charset than UTF-8.
    #[response(
        status = 415,
        content_type = "application/problem+json",
        headers(
            ("Accept" = String, description = "Where the body is not JSON: `application/json`"),
            ("Accept-Encoding" = String, description = "Where the body has a content coding: `identity`")
        )
    )]
    UnsupportedMediaType(Problem),
    /// Fields that are not valid, each in `errors`.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Of endpoints for one session.
#[derive(IntoResponses)]
pub enum NamesSession {
    /// There is no such session of this user, or it is over.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// Of endpoints for one of the caller's segments.
#[derive(IntoResponses)]
pub enum NamesSegment {
    /// The caller has no such segment.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// Of endpoints for one user.
#[derive(IntoResponses)]
pub enum NamesUser {
    /// There is no such user.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}
