//! The edge: one address for every service.
//!
//! A service in the same process is mounted as it is; one that runs elsewhere is put behind a [`Proxy`]:
//!
//! - [`proxy`]: requests passed on, and answers passed back, over HTTP connections that are kept.
//! - [`health`]: `/health`, and what a gateway asks of the services behind it.
//! - [`docs`]: Swagger UI, ReDoc and the spec, all from our own origin.

#![deny(missing_docs)]

pub mod docs;
pub mod health;
pub mod proxy;
mod upstream;

pub use docs::Documentation;
pub use proxy::{Proxy, ProxySettings, remote};
pub use upstream::{InvalidUpstream, Upstream};
