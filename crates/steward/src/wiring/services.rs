use std::sync::LazyLock;

use actix_web::web::ServiceConfig;
use steward_web::service::{BackgroundTask, ServiceDescription};

use super::{Process, admin, auth, console, gateway};
use crate::failure::Failure;

/// A service of this binary.
pub(crate) struct Service {
    pub(crate) description: ServiceDescription,
    /// Builds the service of a process from its ports.
    pub(super) build: fn(&Process) -> Result<Instance, Failure>,
}

type Configure = Box<dyn Fn(&Process, &mut ServiceConfig) + Send + Sync>;

/// A service that runs in this process.
pub(crate) struct Instance {
    /// Adds the data of the service's handlers to the app of one worker.
    pub(super) configure: Configure,
    pub(crate) tasks: Vec<BackgroundTask>,
}

impl Instance {
    /// Creates a service whose handlers read the data that `configure` adds.
    pub(super) fn new(configure: impl Fn(&Process, &mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self { configure: Box::new(configure), tasks: Vec::new() }
    }
}

/// Every service, in the order of the help and the log. An internal service follows the internal services that it
/// calls; an edge service follows the edge services that it calls.
///
/// To add a service, add its crate and a line here.
static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    vec![
        Service { description: steward_gateway::description(), build: gateway::build },
        Service { description: steward_auth_service::description(), build: auth::build },
        Service { description: steward_admin_service::description(), build: admin::build },
        Service { description: steward_console::description(), build: console::build },
    ]
});

/// Returns every service.
pub(crate) fn all() -> &'static [Service] {
    &SERVICES
}

/// Returns the description of every service.
pub(crate) fn descriptions() -> impl Iterator<Item = &'static ServiceDescription> {
    all().iter().map(|service| &service.description)
}

/// Returns the description of the service with this id.
pub(crate) fn find(id: &str) -> Option<&'static ServiceDescription> {
    descriptions().find(|service| service.id.as_str() == id)
}
