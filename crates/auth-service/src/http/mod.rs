//! The HTTP endpoints, one per file.
//!
//! To add an endpoint: write a file with a handler and its `#[utoipa::path]`, which lists every status of the
//! responses, and add a line to [`description()`].

mod avatar;
mod change_password;
mod delete_account;
mod description;
mod export_account;
mod internal;
mod jwks;
mod links;
mod login;
mod logout;
mod me;
mod password_strength;
mod problems;
mod profile;
mod refresh;
mod register;
mod sessions;
mod sign_ins;
mod timeline;
mod unlock;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};

use crate::AuthService;

pub use description::{ID, description, tasks};

/// Adds the service to the data of an app with its endpoints. The app's data must also hold a
/// `steward_web::SharedAuthenticator`, and a `steward_web::ServiceGate` for the internal endpoints.
pub fn add_data(service: Arc<AuthService>) -> impl FnOnce(&mut ServiceConfig) {
    |config| {
        config.app_data(Data::from(service));
    }
}
