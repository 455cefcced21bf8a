//! The problems that many endpoints answer with, for their OpenAPI documentation.

use steward_contracts::Problem;
use utoipa::IntoResponses;

/// Of every endpoint: an address that cannot be read, or a service, or what it stands on, that is away. To be listed
/// first, so that another 400 takes the place of this one.
#[derive(IntoResponses)]
pub enum Anywhere {
    /// A bad percent-escape in the address.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
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
    /// Not an administrator, or an admin who acts on an administrator or gives a role.
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
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(Problem),
    /// Fields that are not valid, each in `errors`.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// Of endpoints for one user.
#[derive(IntoResponses)]
pub enum NamesUser {
    /// There is no such user.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}
