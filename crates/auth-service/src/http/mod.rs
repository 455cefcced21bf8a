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
        // The paths that are asked for most come first: looking for the others takes longer.
        config.service(scope("/api/auth").configure(|config| {
            config.app_data(Data::from(Arc::clone(&service)));
            endpoints(config);
        }));
        config.configure(about_users(|| Some(Data::from(Arc::clone(&service)))));
        config.service(scope("/.well-known").configure(|config| {
            config.app_data(Data::from(service)).service(jwks::jwks);
        }));
    }
}

/// The endpoints of [`public`] with no service behind them: for the description of the API.
pub fn described(config: &mut ServiceConfig<'_>) {
    config.service(scope("/.well-known").configure(|config| {
        config.service(jwks::jwks);
    }));
    config.configure(about_users(|| None));
    config.service(scope("/api/auth").configure(endpoints));
}

/// What administrators ask of users here, each in a scope of its own: the rest of `/api/admin` is somebody else's.
fn about_users(service: impl Fn() -> Option<Data<AuthService>>) -> impl FnOnce(&mut ServiceConfig<'_>) {
    move |config| {
        let at = |path: &'static str, endpoint: fn(&mut ServiceConfig<'_>)| {
            let service = service();
            scope(path).configure(move |config| {
                if let Some(service) = service {
                    config.app_data(service);
                }
                endpoint(config);
            })
        };
        config.service(at("/api/admin/sessions", |config| {
            config.service(sessions::list_all::list_sessions);
        }));
        config.service(at("/api/admin/users/{user_id}/sessions", |config| {
            config
                .service(sessions::list_of_user::list_user_sessions)
                .service(sessions::revoke_all::revoke_sessions)
                .service(sessions::revoke::revoke_session);
        }));
        config.service(at("/api/admin/users/{user_id}/unlock", |config| {
            config.service(unlock::unlock_user);
        }));
        config.service(at("/api/admin/users/{user_id}/timeline", |config| {
            config.service(timeline::user_timeline);
        }));
    }
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
