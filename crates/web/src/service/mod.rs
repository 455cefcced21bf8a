//! How a service describes itself.
//!
//! Each service crate exports one [`ServiceDescription`]. The command line, the settings, the gateway, the OpenAPI
//! description and the checks of the deployment files iterate over the list of them.

mod background_task;
mod endpoint;

use std::fmt;

pub use background_task::{BackgroundTask, TaskKind, TaskProgress, TaskWaker};
pub use endpoint::{Endpoint, RateLimit, RateLimitClass};

/// The id of a service: the value of `--only`, and its name in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(&'static str);

impl ServiceId {
    /// Creates an id of lower-case letters and dashes.
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    /// Returns the id as a text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The interface of a service.
pub struct ServiceDescription {
    /// The id.
    pub id: ServiceId,
    /// The name in the banner for developers.
    pub title: &'static str,
    /// The responsibilities, for the help.
    pub summary: &'static str,
    /// The name in settings, such as `auth` in `STEWARD_AUTH_ADDR` and `--auth-addr`.
    pub settings_name: &'static str,
    /// The default port of the listener, on the loopback address.
    pub port: u16,
    /// Whether clients outside of the private network connect to the service.
    ///
    /// In one process, only these services listen, and the gateway serves the endpoints of the others. A process stops
    /// these first.
    pub is_edge: bool,
    /// The names and descriptions of the OpenAPI tags that this service introduces.
    pub tags: &'static [(&'static str, &'static str)],
    /// The public endpoints. The gateway forwards their requests if the service runs in another process.
    pub endpoints: Vec<Endpoint>,
    /// The endpoints for other services, below `/internal/`. The gateway never serves or forwards them.
    pub internal: Vec<Endpoint>,
}
