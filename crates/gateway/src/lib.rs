//! The edge: one address for every service.
//!
//! A service in the same process is mounted as it is; one that runs elsewhere is put behind a [`Proxy`]:
//!
//! - [`proxy`]: requests passed on, and answers passed back, over HTTP connections that are kept.
//! - [`limits`]: how often anybody may ask.
//! - [`cross_origin`]: which other sites' pages may ask.
//! - [`health`]: `/health`, and what a gateway asks of the services behind it.
//! - [`docs`]: Swagger UI, ReDoc and the spec, all from our own origin.

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
