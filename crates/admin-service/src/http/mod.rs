//! The HTTP endpoints, one per file.
//!
//! To add an endpoint: write a file with a handler and its `#[utoipa::path]`, which lists every status of the
//! responses, and add a line to `register_openapi`.

mod analytics;
mod audit;
mod problems;
mod segments;
mod users;

use std::rc::Rc;

use actix_web::web::{ServiceConfig, ThinData};
use steward_web::{Administrator, CallerOrigin, Endpoints};

use crate::AdminService;
use crate::users::ActorContext;

/// The service as an argument of handlers.
type Service = ThinData<Rc<AdminService>>;

/// Mounts the routes below `/api/admin`. The app's data must hold a `steward_web::SharedAuthenticator`.
pub fn public(service: Rc<AdminService>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.app_data(ThinData(service));
        register_openapi(config);
    }
}

/// Registers the endpoints of [`public`] without a service, for the OpenAPI document.
///
/// Each endpoint has its full path, since a scope would claim all of `/api/admin`, a part of which belongs to the auth
/// service. The router takes the first match. Constant paths match much faster than patterns, so they come first; then
/// the most frequent patterns.
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
