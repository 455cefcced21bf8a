use std::sync::LazyLock;

use steward_web::service::ServiceDescription;

/// Every service, in the order of the help and the log. An internal service follows the internal services that it
/// calls; an edge service follows the edge services that it calls.
///
/// To add a service, add its crate, its description here, and the function that builds it to
/// [`crate::wiring::services`].
static DESCRIPTIONS: LazyLock<Vec<ServiceDescription>> = LazyLock::new(|| {
    vec![
        steward_gateway::description(),
        steward_auth_service::description(),
        steward_admin_service::description(),
        steward_worker::description(),
        steward_console::description(),
    ]
});

/// Returns the description of every service.
pub(crate) fn descriptions() -> impl Iterator<Item = &'static ServiceDescription> {
    DESCRIPTIONS.iter()
}

/// Returns the description of the service with this id.
pub(crate) fn find(id: &str) -> Option<&'static ServiceDescription> {
    descriptions().find(|service| service.id.as_str() == id)
}
