use actix_web::web::ServiceConfig;

use super::Process;

type Configure = Box<dyn Fn(&Process, &mut ServiceConfig) + Send + Sync>;

/// A service that runs in this process.
pub(crate) struct Instance {
    /// Adds the data of the service's handlers to the app of one worker.
    pub(super) configure: Configure,
}

impl Instance {
    /// Creates a service whose handlers read the data that `configure` adds.
    pub(super) fn new(configure: impl Fn(&Process, &mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self { configure: Box::new(configure) }
    }
}
