use std::collections::BTreeSet;

use steward_web::service::{BackgroundTask, ServiceId};

use super::instance::Instance;
use super::{Process, admin, auth, console, gateway, worker};
use crate::failure::Failure;

/// How a process builds a service from its ports.
#[derive(Clone, Copy)]
struct Builder {
    service: ServiceId,
    build: fn(&Process) -> Result<Instance, Failure>,
    /// Returns the background tasks, also in a worker that does not serve the service.
    tasks: fn(&Process) -> Vec<BackgroundTask>,
}

/// The builder of each service.
const BUILDERS: [Builder; 5] = [
    Builder { service: steward_gateway::ID, build: gateway::build, tasks: no_tasks },
    Builder { service: steward_auth_service::ID, build: auth::build, tasks: auth::tasks },
    Builder { service: steward_admin_service::ID, build: admin::build, tasks: no_tasks },
    Builder { service: steward_worker::ID, build: worker::build, tasks: worker::tasks },
    Builder { service: steward_console::ID, build: console::build, tasks: no_tasks },
];

fn no_tasks(_: &Process) -> Vec<BackgroundTask> {
    Vec::new()
}

/// Builds the service with this id.
pub(super) fn build(id: ServiceId, process: &Process) -> Result<Instance, Failure> {
    let builder = BUILDERS.into_iter().find(|builder| builder.service == id);
    let builder = builder.ok_or_else(|| Failure::Refused(format!("the {id} service has no builder")))?;
    (builder.build)(process)
}

/// Returns the background tasks that this process runs: a worker runs those of all services, except the ones that each
/// process of a service runs.
pub(super) fn tasks(process: &Process) -> Vec<BackgroundTask> {
    let is_worker = process.services.has(steward_worker::ID);
    let tasks_here = |builder: Builder| {
        let is_served = process.services.has(builder.service);
        let is_here = move |task: &BackgroundTask| if task.kind().is_for_workers() { is_worker } else { is_served };
        (builder.tasks)(process).into_iter().filter(is_here)
    };
    let tasks: Vec<_> = BUILDERS.into_iter().flat_map(tasks_here).collect();
    // A lease has the name of its task.
    debug_assert_eq!(tasks.iter().map(BackgroundTask::name).collect::<BTreeSet<_>>().len(), tasks.len());
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::descriptions;

    #[test]
    fn each_described_service_has_a_builder() {
        let described: Vec<_> = descriptions().map(|service| service.id).collect();
        assert_eq!(BUILDERS.map(|builder| builder.service).to_vec(), described);
    }
}
