use std::collections::HashMap;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::Condition;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, Error};
use steward_gateway::AllowedOrigins;
use steward_web::service::{Endpoint, ServiceDescription, ServiceId};
use steward_web::{ServiceGate, SharedAuthenticator, TrailingSlash};

use super::{Process, gateway};
use crate::services::descriptions;
use crate::system::SystemClock;

/// The app of one worker at the address of `service`. The gateway's app contains every service of the process.
pub(crate) fn app(
    process: &Process,
    service: &ServiceDescription,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    let authenticator: SharedAuthenticator = process.authenticator();
    // External requests enter through the gateway only; it has applied CORS and the limits.
    let is_gateway = service.id == steward_gateway::ID;
    let origins = if is_gateway { process.settings.edge.origins.clone() } else { AllowedOrigins::default() };
    App::new()
        .app_data(authenticator)
        .configure(|config| mount(process, service, config))
        .wrap(process.idempotency(service.id))
        .wrap(TrailingSlash)
        .wrap(Condition::new(is_gateway, process.limits.clone()))
        .wrap(origins.cors())
        .wrap(process.layer(service.id))
}

fn mount(process: &Process, service: &ServiceDescription, config: &mut ServiceConfig) {
    if !service.is_edge {
        let gate = ServiceGate {
            key: process.settings.service_key.clone(),
            clock: Arc::new(SystemClock),
            replay: Arc::clone(&process.ephemeral.replay),
        };
        config
            .app_data(Data::new(gate))
            .configure(steward_web::health::add_data(process.probes([]), process.metrics.clone()));
    }
    for instance in process.instances_at(service) {
        (instance.configure)(process, config);
    }
    let proxies = if service.id == steward_gateway::ID { gateway::proxies(process) } else { HashMap::new() };
    for (owner, endpoint) in endpoints_at(service) {
        match proxies.get(&owner) {
            Some(proxy) => proxy.mount(&endpoint, config),
            None => endpoint.mount(config),
        }
    }
}

/// Returns the endpoints at the address of `service`, each with the service that it belongs to.
///
/// They have the order of the router, which takes the first match and compares constant paths much faster than patterns.
pub(super) fn endpoints_at(service: &ServiceDescription) -> Vec<(ServiceId, Endpoint)> {
    let own =
        |owner: &ServiceDescription| owner.endpoints.iter().map(|one| (owner.id, one.clone())).collect::<Vec<_>>();
    let mut endpoints: Vec<_> =
        if service.id == steward_gateway::ID { descriptions().flat_map(own).collect() } else { own(service) };
    if !service.is_edge {
        let internal = service.internal.iter().cloned().chain(steward_web::health::endpoints());
        endpoints.extend(internal.map(|endpoint| (service.id, endpoint)));
    }
    endpoints.sort_by_key(|(_, endpoint)| (endpoint.path().contains('{'), endpoint.path().matches('/').count()));
    endpoints
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_endpoint_has_one_service() {
        let mut seen = BTreeSet::new();
        for endpoint in descriptions().flat_map(|service| service.endpoints.iter().chain(&service.internal)) {
            let name = format!("{} {}", endpoint.method(), endpoint.path());
            assert!(seen.insert(name.clone()), "{name}");
        }
    }

    #[test]
    fn only_calls_between_services_are_internal() {
        for service in descriptions() {
            assert!(
                service.internal.iter().all(|endpoint| endpoint.path().starts_with("/internal/")),
                "{}",
                service.id
            );
            assert!(
                service.endpoints.iter().all(|endpoint| !endpoint.path().starts_with("/internal")),
                "{}",
                service.id
            );
        }
        let gateway = endpoints_at(&steward_gateway::description());
        assert!(gateway.iter().all(|(_, endpoint)| !endpoint.path().starts_with("/internal")));
    }

    #[test]
    fn constant_paths_come_before_patterns() {
        for service in descriptions() {
            let endpoints = endpoints_at(service);
            assert!(endpoints.is_sorted_by_key(|(_, endpoint)| endpoint.path().contains('{')), "{}", service.id);
        }
    }
}
