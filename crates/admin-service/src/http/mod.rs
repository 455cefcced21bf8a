//! The HTTP endpoints, one per file.
//!
//! To add an endpoint: write a file with a handler and its `#[utoipa::path]`, which lists every status of the
//! responses, and add a line to [`description()`].

mod analytics;
mod audit;
mod description;
mod invitations;
mod outbox;
mod problems;
mod segments;
mod users;

use std::rc::Rc;

use actix_web::web::{ServiceConfig, ThinData};
use steward_web::{Administrator, CallerOrigin};

use crate::AdminService;
use crate::users::ActorContext;

pub use description::{ID, description};

/// The service as an argument of handlers.
type Service = ThinData<Rc<AdminService>>;

/// Adds the service to the data of an app with its endpoints. The app's data must also hold a
/// `steward_web::SharedAuthenticator`.
pub fn add_data(service: Rc<AdminService>) -> impl FnOnce(&mut ServiceConfig) {
    |config| {
        config.app_data(ThinData(service));
    }
}

fn to_context(administrator: Administrator, origin: CallerOrigin) -> ActorContext {
    ActorContext { actor: administrator.actor, origin: origin.0 }
}
