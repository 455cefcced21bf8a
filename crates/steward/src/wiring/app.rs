use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::Condition;
use actix_web::web::ServiceConfig;
use actix_web::{App, Error};
use steward_gateway::AllowedOrigins;
use steward_web::{SharedAuthenticator, TrailingSlash};

use super::{Process, admin, auth};
use crate::cli::Service;

/// The app of one worker at the address of `service`. The gateway's app contains every service of the process.
pub(crate) fn app(
    process: &Process,
    service: Service,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    let authenticator: SharedAuthenticator = process.authenticator();
    // External requests enter through the gateway only; it has applied CORS and the limits.
    let is_edge = service == Service::Gateway;
    let origins = if is_edge { process.settings.edge.origins.clone() } else { AllowedOrigins::default() };
    App::new()
        .app_data(authenticator)
        .configure(|config| match service {
            Service::Gateway => mount_gateway(process, config),
            Service::Auth => {
                config.configure(health(process, service));
                if let Some(service) = &process.auth {
                    auth::mount(process, service, config);
                }
            }
            Service::Admin => {
                config.configure(health(process, service));
                mount_admin(process, config);
            }
            Service::Console => {
                config.configure(steward_web::health::routes_without_probes(process.metrics.clone()));
                if let Some(console) = &process.console {
                    config.configure(Arc::clone(console).routes());
                }
            }
        })
        .wrap(TrailingSlash)
        .wrap(Condition::new(is_edge, process.limits.clone()))
        .wrap(origins.cors())
        .wrap(process.layer(service))
}

fn mount_gateway(process: &Process, config: &mut ServiceConfig) {
    let probes = process.probes(Service::Gateway);
    config.configure(steward_gateway::health::routes(probes, process.metrics.clone()));
    // Frequent routes come first. Remote services come last, because their catch-all routes match every path of theirs.
    if let Some(service) = &process.auth {
        config.configure(steward_auth_service::http::public(Arc::clone(service)));
    }
    if process.services.has(Service::Admin) {
        mount_admin(process, config);
    }
    if process.auth.is_some() {
        config.configure(steward_auth_service::http::dynamic_routes);
    }
    process.remote.mount(process, config);
    if let Some(documentation) = &process.documentation {
        config.configure(documentation.clone().routes());
    }
}

fn mount_admin(process: &Process, config: &mut ServiceConfig) {
    if let Some(storage) = &process.storage {
        admin::mount(storage, process.credentials(), config);
    }
}

fn health(process: &Process, service: Service) -> impl FnOnce(&mut ServiceConfig) {
    steward_web::health::routes(process.probes(service), process.metrics.clone())
}
