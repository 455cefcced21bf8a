//! The actix blocks that every service uses.
//!
//! - [`Caller`], [`Administrator`], [`CallerOrigin`], [`CallerLocale`]: the caller, the origin and the language of the
//!   request. [`AcceptedRequirements`]: the requirements that the caller's session may still have. [`bearer_token`]: the
//!   token of a request.
//! - [`JsonBody`], [`Query`], [`Fields`], [`path_user_id`]: the input, parsed into domain values, with every error at
//!   once. [`RawBody`]: a body of another media type.
//! - [`service`]: how a service describes itself: its id, endpoints with their rate limits, background tasks.
//! - [`TrustedProxies`]: the proxies whose forwarding headers count.
//! - [`ApiError`]: the error of every handler, made from each error that implements [`IntoProblem`]. [`HttpError`]: the
//!   errors of HTTP itself. [`ProblemRenderer`]: another form of error responses than problems.
//! - [`paging`]: page numbers and cursors.
//! - [`user_tag`], [`if_match`]: conditional changes by the version of a user.
//! - [`profile_change`], [`profile_response`], [`avatar_response`]: profiles and pictures.
//! - [`layer`]: the middleware around every app: request ids, problems, security headers, access log, metrics.
//! - [`IdempotencyLayer`]: a repeated request with the same `Idempotency-Key` gets the first answer.
//! - [`LogThrottle`]: limits a log line that clients can cause at will to one per minute.
//! - [`TrailingSlash`]: the rule for a slash at the end of a path.
//! - [`Signed`]: signed calls between services.
//! - [`health`], [`metrics`]: the health of a process, and its counters.
//! - [`parameters`], [`responses`]: parameters and responses of several endpoints, for their documentation.
//! - [`server`]: listening, limits, deadlines, draining.
//! - [`StaticFile`]: a file that is the same for every client.

mod actor;
mod bearer_token;
mod body;
mod fields;
pub mod health;
mod idempotency;
pub mod layer;
mod locale;
mod log_throttle;
pub mod metrics;
mod origin;
pub mod paging;
pub mod parameters;
mod path;
mod preconditions;
mod problem;
mod profiles;
mod proxies;
mod query;
pub mod responses;
pub mod server;
pub mod service;
mod signed;
mod static_file;
mod trailing_slash;

pub use actor::{
    AcceptedRequirements, Administrator, AnyRequirement, Caller, ChangePassword, NoRequirement, SharedAuthenticator,
};
pub use bearer_token::bearer_token;
pub use body::{BODY_DEADLINE, BODY_LIMIT, JsonBody, RawBody, read as read_body, read_at_most as read_body_at_most};
pub use fields::{Fields, boolean, text};
pub use idempotency::{IDEMPOTENCY_KEY, IdempotencyLayer, purge_idempotency_keys};
pub use layer::{RequestContext, RequestIds, RequestLayer};
pub use locale::CallerLocale;
pub use log_throttle::LogThrottle;
pub use metrics::Metrics;
pub use origin::{CallerOrigin, client_address, is_over_tls, requested_host};
pub use path::{UserNotFound, path_text, path_user_id};
pub use preconditions::{if_match, user_tag};
pub use problem::{ApiError, HttpError, IntoProblem, ProblemRenderer};
pub use profiles::{AvatarNotFound, avatar_response, profile_change, profile_response};
pub use proxies::{InvalidProxies, TrustedProxies};
pub use query::Query;
pub use signed::{ServiceGate, Signed};
pub use static_file::StaticFile;
pub use trailing_slash::TrailingSlash;
