//! The HTTP endpoints, one per file.
//!
//! To add an endpoint: write a file with a handler and its `#[utoipa::path]`, which lists every status of the
//! responses, and add a line to `static_routes` or `dynamic_routes`.

mod change_password;
mod internal;
mod jwks;
mod login;
mod logout;
mod me;
mod password_strength;
mod problems;
mod refresh;
mod register;
mod sessions;
mod timeline;
mod unlock;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use steward_web::Endpoints;

use crate::AuthService;

pub use internal::internal;

/// Mounts the routes with a constant path: most of `/api/auth`, and `/.well-known/jwks.json`. The app's data must hold
/// a `steward_web::SharedAuthenticator`.
pub fn public(service: Arc<AuthService>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(Data::from(service));
        static_routes(config);
    }
}

/// Registers all endpoints without a service, for the OpenAPI document.
pub fn register_openapi(config: &mut impl Endpoints) {
    static_routes(config);
    dynamic_routes(config);
}

fn static_routes(config: &mut impl Endpoints) {
    config
        .endpoint(me::me)
        .endpoint(login::login)
        .endpoint(refresh::refresh)
        .endpoint(register::register)
        .endpoint(logout::logout)
        .endpoint(sessions::end_all::logout_all)
        .endpoint(sessions::list::own_sessions)
        .endpoint(timeline::own_activity)
        .endpoint(change_password::change_password)
        .endpoint(password_strength::password_strength)
        .endpoint(jwks::jwks)
        .endpoint(sessions::list_all::list_sessions);
}

/// Mounts the routes with a pattern, in addition to [`public`]. Patterns are slow to match, so the caller mounts them
/// after more frequent routes.
pub fn dynamic_routes(config: &mut impl Endpoints) {
    config
        .endpoint(sessions::end::end_own_session)
        .endpoint(sessions::list_of_user::list_user_sessions)
        .endpoint(sessions::revoke_all::revoke_sessions)
        .endpoint(sessions::revoke::revoke_session)
        .endpoint(timeline::user_timeline)
        .endpoint(unlock::unlock_user);
}
