mod authenticate;
mod reset_password;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use steward_contracts::services::internal::{AUTHENTICATE, RESET_PASSWORD};

use crate::AuthService;

/// Mounts `/internal/*`, which requires the signature of another service.
pub fn internal(service: Arc<AuthService>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::from(service))
            .service(web::resource(AUTHENTICATE).route(web::post().to(authenticate::authenticate)))
            .service(web::resource(RESET_PASSWORD).route(web::post().to(reset_password::reset_password)));
    }
}
