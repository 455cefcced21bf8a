//! The gateway: one address for all services.
//!
//! A service in the same process is mounted directly. A remote service is behind a [`Proxy`]:
//!
//! - [`proxy`]: forwards requests and responses over persistent HTTP connections.
//! - [`limits`]: rate limits.
//! - [`cross_origin`]: the other sites whose pages may use the API.
//! - [`health`]: `/health`, and the health of remote services.
//! - [`docs`]: Swagger UI, ReDoc and the OpenAPI description, all from the API's own origin.

#![deny(missing_docs)]

pub mod cross_origin;
pub mod docs;
pub mod health;
pub mod limits;
pub mod proxy;
mod upstream;

pub use cross_origin::{AllowedOrigins, InvalidOrigins};
pub use docs::Documentation;
pub use limits::{LimitSettings, Limits};
pub use proxy::{Proxy, ProxySettings, Territory, remote};
pub use upstream::{InvalidUpstream, Upstream};
