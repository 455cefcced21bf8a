use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error};
use steward_web::SharedAuthenticator;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Process, admin, auth};
use crate::cli::Service;

/// The app of one worker at the address of `service`. The gateway's holds every service that is in the process.
pub(crate) fn app(
    process: &Process,
    service: Service,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    let authenticator: SharedAuthenticator = process.authenticator();
    App::new()
        .app_data(authenticator)
        .into_utoipa_app()
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
        })
        .into_app()
        .wrap(process.layer(service))
}

fn mount_gateway(process: &Process, config: &mut ServiceConfig<'_>) {
    let probes = process.probes(Service::Gateway);
    config.configure(steward_gateway::health::routes(probes, process.metrics.clone()));
    if let Some(service) = &process.auth {
        config.configure(steward_auth_service::http::public(std::sync::Arc::clone(service)));
    }
    if process.services.has(Service::Admin) {
        mount_admin(process, config);
    }
    config.map(|config| {
        process.remote.mount(process, config);
        config.configure(process.documentation.clone().routes())
    });
}

fn mount_admin(process: &Process, config: &mut ServiceConfig<'_>) {
    if let Some(storage) = &process.storage {
        admin::mount(storage, process.credentials(), config);
    }
}

fn health(process: &Process, service: Service) -> impl FnOnce(&mut ServiceConfig<'_>) {
    steward_web::health::routes(process.probes(service), process.metrics.clone())
}
