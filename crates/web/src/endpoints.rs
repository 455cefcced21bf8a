use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa_actix_web::{OpenApiFactory, service_config};

/// Where endpoints are mounted: in an app that serves them, or in one that describes them. Each worker of each server
/// mounts them, and nothing is described but once, when the process starts.
pub trait Endpoints {
    /// Mounts one.
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
