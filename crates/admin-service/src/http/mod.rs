//! The HTTP face: one endpoint per file.
//!
//! How to add one: a file with a handler annotated with `#[utoipa::path]` (every status that it can answer with), and
//! a line in `register_openapi`.

mod analytics;
mod audit;
mod instant;
mod segments;
mod users;

use std::rc::Rc;

use actix_web::web::{ServiceConfig, ThinData};
use steward_web::{Administrator, ApiError, CallerOrigin, Endpoints};

use crate::users::ActorContext;
use crate::{AdminService, ReadError};

/// The service, as handlers get it.
type Service = ThinData<Rc<AdminService>>;

/// Mounts what lies below `/api/admin`. The app's data must hold a `steward_web::SharedAuthenticator`.
pub fn public(service: Rc<AdminService>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(ThinData(service));
        register_openapi(config);
    }
}

/// The endpoints of [`public`] with no service behind them: for the description of the API.
///
/// Each by its whole path, since a scope would keep all of `/api/admin` to itself, some of which is the auth service's.
/// The router takes the first that matches, and compares those without a pattern much faster: they come first, then
/// what is asked for most.
pub fn register_openapi(config: &mut impl Endpoints) {
    config
        .endpoint(users::list::list_users)
        .endpoint(audit::list::list_audit_logs)
        .endpoint(analytics::users::user_analytics)
        .endpoint(analytics::overview::analytics_overview)
        .endpoint(analytics::activity::analytics_activity)
        .endpoint(segments::list::list_segments)
        .endpoint(users::get::get_user)
        .endpoint(users::update::update_user)
        .endpoint(users::delete::delete_user)
        .endpoint(users::activate::activate_user)
        .endpoint(users::deactivate::deactivate_user)
        .endpoint(users::reset_password::reset_password)
        .endpoint(segments::save::save_segment)
        .endpoint(segments::delete::delete_segment);
}

fn context(administrator: Administrator, origin: CallerOrigin) -> ActorContext {
    ActorContext { actor: administrator.actor, origin: origin.0 }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Denied(denied) => denied.into(),
            ReadError::Store(error) => error.into(),
        }
    }
}
