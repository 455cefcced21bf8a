use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::{OpenApiFactory, service_config};

/// A target for endpoints: an app that serves them, or one that describes them for OpenAPI.
///
/// Each worker of each server mounts the endpoints. The process generates their description once, at the start.
pub trait Endpoints {
    /// Mounts an endpoint.
    fn endpoint<E: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, endpoint: E) -> &mut Self;
}

impl Endpoints for web::ServiceConfig {
    fn endpoint<E: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, endpoint: E) -> &mut Self {
        self.service(endpoint)
    }
}

impl Endpoints for service_config::ServiceConfig<'_> {
    fn endpoint<E: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, endpoint: E) -> &mut Self {
        self.service(endpoint)
    }
}
