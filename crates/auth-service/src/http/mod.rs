//! The HTTP face: one endpoint per file.
//!
//! How to add one: a file with a handler annotated with `#[utoipa::path]` (every status that it can answer with), and
//! a line in `endpoints`.

mod internal;
mod login;
mod logout;
mod me;
mod register;

use std::sync::Arc;

use actix_web::web::Data;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::AuthService;

pub use internal::internal;

/// Mounts `/api/auth/*`. The app's data must hold a `steward_web::SharedAuthenticator`.
pub fn public(service: Arc<AuthService>) -> impl FnOnce(&mut ServiceConfig<'_>) {
    move |config| {
        let endpoints = scope("/api/auth").configure(|config| {
            config.app_data(Data::from(service));
            endpoints(config);
        });
        config.service(endpoints);
    }
}

/// The endpoints of [`public`] with no service behind them: for the description of the API.
pub fn described(config: &mut ServiceConfig<'_>) {
    config.service(scope("/api/auth").configure(endpoints));
}

fn endpoints(config: &mut ServiceConfig<'_>) {
    config.service(login::login).service(register::register).service(me::me).service(logout::logout);
}
