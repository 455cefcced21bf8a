//! The HTTP face: one endpoint per file.
//!
//! How to add one: a file with a handler annotated with `#[utoipa::path]` (every status that it can answer with), and
//! a line in `endpoints`.

mod change_password;
mod internal;
mod jwks;
mod login;
mod logout;
mod me;
mod password_strength;
mod refresh;
mod register;
mod sessions;
mod timeline;
mod unlock;

use std::sync::Arc;

use actix_web::web::Data;
use steward_web::ApiError;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{AuthService, ReadError};

pub use internal::internal;

/// Mounts `/api/auth/*` and `/.well-known/jwks.json`. The app's data must hold a `steward_web::SharedAuthenticator`.
pub fn public(service: Arc<AuthService>) -> impl FnOnce(&mut ServiceConfig<'_>) {
    move |config| {
        config.app_data(Data::from(service));
        own(config);
    }
}

/// Mounts what administrators ask of users here, next to [`public`]: the rest of `/api/admin` is somebody else's.
///
/// Each by its whole path, since a scope would keep all beneath it to itself.
pub fn about_users(config: &mut ServiceConfig<'_>) {
    config
        .service(sessions::list_all::list_sessions)
        .service(sessions::list_of_user::list_user_sessions)
        .service(sessions::revoke_all::revoke_sessions)
        .service(sessions::revoke::revoke_session)
        .service(timeline::user_timeline)
        .service(unlock::unlock_user);
}

/// All endpoints with no service behind them: for the description of the API.
pub fn described(config: &mut ServiceConfig<'_>) {
    own(config);
    about_users(config);
}

fn own(config: &mut ServiceConfig<'_>) {
    config.service(scope("/api/auth").configure(endpoints));
    config.service(scope("/.well-known").configure(|config| {
        config.service(jwks::jwks);
    }));
}

fn endpoints(config: &mut ServiceConfig<'_>) {
    config
        .service(login::login)
        .service(refresh::refresh)
        .service(register::register)
        .service(me::me)
        .service(logout::logout)
        .service(sessions::end_all::logout_all)
        .service(sessions::list::own_sessions)
        .service(sessions::end::end_own_session)
        .service(timeline::own_activity)
        .service(change_password::change_password)
        .service(password_strength::password_strength);
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Denied(denied) => denied.into(),
            ReadError::NoSuchUser => Self::UserNotFound,
            ReadError::Store(error) => error.into(),
        }
    }
}
