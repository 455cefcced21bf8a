//! The responses of several endpoints, for their OpenAPI documentation.
//!
//! They do not add the schemas of their bodies to the document: another endpoint must name the type as its `body`.

use steward_contracts::Problem;
use steward_contracts::bodies::{Image, ProfileBody, UserBody};
use utoipa::IntoResponses;

/// Problems of every endpoint: a malformed URL, a rate limit, an unavailable service or dependency.
///
/// List it first, so that a more specific 400 replaces this one.
#[derive(IntoResponses)]
pub enum Anywhere {
    /// The URL contains an invalid percent-escape.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// A rate limit is exceeded; the request had no effect.
    #[response(
        status = 429,
        content_type = "application/problem+json",
        headers(
            ("Retry-After" = u32, description = "Seconds to wait before the next attempt"),
            ("RateLimit" = String, description = "Per limit: remaining requests (r), seconds until the full quota (t)"),
            ("RateLimit-Policy" = String, description = "Per limit: quota of requests (q), window in seconds (w)")
        )
    )]
    RateLimited(Problem),
    /// A service sent an invalid response.
    #[response(status = 502, content_type = "application/problem+json")]
    BadGateway(Problem),
    /// The database is unavailable, or the service is overloaded.
    #[response(
        status = 503,
        content_type = "application/problem+json",
        headers(("Retry-After" = u32, description = "Seconds to wait before the next attempt"))
    )]
    Unavailable(Problem),
    /// A service did not respond in time.
    #[response(status = 504, content_type = "application/problem+json")]
    GatewayTimeout(Problem),
}

/// Problems of endpoints without rate limits and without input.
#[derive(IntoResponses)]
pub enum Unlimited {
    /// The URL contains an invalid percent-escape.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
}

/// Problems of endpoints that require a token, and accept every outstanding requirement of its session.
#[derive(IntoResponses)]
pub enum NeedsAnyToken {
    /// The token is missing, malformed, forged, expired or revoked.
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "`Bearer`"))
    )]
    Unauthenticated(Problem),
}

/// Problems of endpoints that require a token.
#[derive(IntoResponses)]
pub enum NeedsToken {
    /// The token is missing, malformed, forged, expired or revoked.
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "`Bearer`"))
    )]
    Unauthenticated(Problem),
    /// The caller must change their password first.
    #[response(status = 403, content_type = "application/problem+json")]
    PasswordChangeRequired(Problem),
}

/// Problems of endpoints that require an administrator's token.
#[derive(IntoResponses)]
pub enum NeedsAdministrator {
    /// The token is missing, malformed, forged, expired or revoked.
    #[response(
        status = 401,
        content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "`Bearer`"))
    )]
    Unauthenticated(Problem),
    /// The caller is not an administrator, or must change their password first. An admin may not change administrators
    /// or roles.
    #[response(status = 403, content_type = "application/problem+json")]
    Denied(Problem),
}

/// Problems of endpoints that read a query.
#[derive(IntoResponses)]
pub enum ReadsQuery {
    /// The query contains an invalid percent-escape; `detail` names it.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// Parameters are invalid; `errors` lists each.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Problems of endpoints that read a body.
#[derive(IntoResponses)]
pub enum ReadsBody {
    /// The body is malformed JSON or not UTF-8, or the URL contains an invalid percent-escape; `detail` names the
    /// position.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    BodyTimeout(Problem),
    /// The body is larger than 64 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    BodyTooLarge(Problem),
    /// The body is not JSON, has a content coding such as gzip, or has a charset other than UTF-8.
    #[response(
        status = 415,
        content_type = "application/problem+json",
        headers(
            ("Accept" = String, description = "`application/json`, if the body is not JSON"),
            ("Accept-Encoding" = String, description = "`identity`, if the body has a content coding")
        )
    )]
    UnsupportedMediaType(Problem),
    /// Fields are invalid; `errors` lists each.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Problems of endpoints that use the link of a mail.
///
/// List it last, so that its 400 replaces the others.
#[derive(IntoResponses)]
pub enum UsesLink {
    /// The link is unknown, used, superseded or expired (type `invalid-or-expired-token`; `reason` names which). Or
    /// the request is malformed.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Problems of endpoints for one user.
#[derive(IntoResponses)]
pub enum NamesUser {
    /// The user does not exist.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// Problems of endpoints that change a version of a resource: the condition of [`IfMatch`](crate::parameters::IfMatch).
#[derive(IntoResponses)]
pub enum ChecksVersion {
    /// The current version does not match `If-Match`.
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(Problem),
}

/// The response of endpoints that return a user after a change.
#[derive(IntoResponses)]
pub enum ReturnsUser {
    /// The user, as changed.
    #[response(status = 200, headers(("ETag" = String, description = "The user's version, for `If-Match`")))]
    Ok(UserBody),
}

/// The response of endpoints that return a profile.
#[derive(IntoResponses)]
pub enum ReturnsProfile {
    /// The profile.
    #[response(status = 200, headers(("ETag" = String, description = "The profile's version, for `If-Match`")))]
    Ok(ProfileBody),
}

/// The responses of endpoints that return a picture.
#[derive(IntoResponses)]
pub enum ReturnsPicture {
    /// The picture.
    #[response(
        status = 200,
        content_type = "image/webp",
        headers(("ETag" = String, description = "The hash of the picture"))
    )]
    Ok(Image),
    /// The picture has the tag in `If-None-Match`.
    #[response(status = 304)]
    NotModified,
}
