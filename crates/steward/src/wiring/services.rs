use steward_web::service::ServiceId;

use super::instance::Instance;
use super::{Process, admin, auth, console, gateway};
use crate::failure::Failure;

/// Builds the service of a process from its ports.
type Build = fn(&Process) -> Result<Instance, Failure>;

/// The function that builds each service.
const BUILDERS: [(ServiceId, Build); 4] = [
    (steward_gateway::ID, gateway::build),
    (steward_auth_service::ID, auth::build),
    (steward_admin_service::ID, admin::build),
    (steward_console::ID, console::build),
];

/// Builds the service with this id.
pub(super) fn build(id: ServiceId, process: &Process) -> Result<Instance, Failure> {
    let builder = BUILDERS.into_iter().find(|(service, _)| *service == id);
    let (_, build) = builder.ok_or_else(|| Failure::Refused(format!("the {id} service has no builder")))?;
    build(process)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::descriptions;

    #[test]
    fn each_described_service_has_a_builder() {
        let described: Vec<_> = descriptions().map(|service| service.id).collect();
        assert_eq!(BUILDERS.map(|(id, _)| id).to_vec(), described);
    }
}
