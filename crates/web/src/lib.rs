//! The actix blocks that every service uses.
//!
//! - [`Caller`], [`AnyCaller`], [`Administrator`], [`CallerOrigin`]: who is calling, and from where.
//! - [`JsonBody`], [`Query`], [`Fields`], [`path_user_id`]: what they send, parsed into domain values, every error
//!   at once.
//! - [`Endpoints`]: where endpoints are mounted, to be served or described.
//! - [`TrustedProxies`]: whose word on that counts.
//! - [`ApiError`]: every way to say no, and the only place that knows its status and problem type.
//! - [`paging`]: page numbers and cursors.
//! - [`user_tag`], [`if_match`]: which user as they stood somebody saw.
//! - [`layer`]: the middleware around every app: request ids, problems, security headers, log and counts.
//! - [`LogThrottle`]: one line a minute of a kind that clients can cause at will.
//! - [`TrailingSlash`]: one rule for a slash at the end of a path.
//! - [`Signed`]: calls between services.
//! - [`health`], [`metrics`]: how a process is, and what it counts.
//! - [`responses`]: the problems that many endpoints answer with, for their documentation.
//! - [`server`]: listening, limits, deadlines, draining.
//! - [`StaticFile`]: a file that is the same for every client.

mod actor;
mod body;
mod endpoints;
mod fields;
pub mod health;
pub mod layer;
mod log_throttle;
pub mod metrics;
mod origin;
pub mod paging;
mod path;
mod preconditions;
mod problem;
mod proxies;
mod query;
pub mod responses;
pub mod server;
mod signed;
mod static_file;
mod trailing_slash;

pub use actor::{Administrator, AnyCaller, Caller, SharedAuthenticator};
pub use body::{BODY_DEADLINE, BODY_LIMIT, JsonBody, read as read_body};
pub use endpoints::Endpoints;
pub use fields::{Fields, boolean, flag, text};
pub use layer::{RequestContext, RequestIds, RequestLayer};
pub use log_throttle::LogThrottle;
pub use metrics::Metrics;
pub use origin::{CallerOrigin, client_address, is_over_tls, requested_host};
pub use path::{path_text, path_user_id};
pub use preconditions::{if_match, user_tag};
pub use problem::ApiError;
pub use proxies::{InvalidProxies, TrustedProxies};
pub use query::Query;
pub use signed::{ServiceGate, Signed};
pub use static_file::StaticFile;
pub use trailing_slash::TrailingSlash;
