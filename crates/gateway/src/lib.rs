//! The gateway: one address for all services.
//!
//! The endpoints of a service in the same process are mounted directly. A [`Proxy`] forwards those of a remote service.
//!
//! - [`description()`]: the gateway's own interface.
//! - [`proxy`]: forwards requests and responses over persistent HTTP connections.
//! - [`limits`]: rate limits.
//! - [`cross_origin`]: the other sites whose pages may use the API.
//! - [`health`]: `/health`, and the health of remote services.
//! - [`docs`]: Swagger UI, ReDoc and the OpenAPI description, all from the API's own origin.

#![deny(missing_docs)]

pub mod cross_origin;
mod description;
pub mod docs;
pub mod health;
pub mod limits;
pub mod proxy;
mod upstream;

pub use cross_origin::{AllowedOrigins, InvalidOrigins};
pub use description::{ID, description};
pub use docs::Documentation;
pub use limits::{LimitSettings, Limits};
pub use proxy::{Proxy, ProxySettings};
pub use upstream::Upstream;
