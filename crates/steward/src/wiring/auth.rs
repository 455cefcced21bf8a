use std::io;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use chrono::TimeDelta;
use steward_auth_service::{AuthPorts, AuthService, AuthSettings, Cost, HashingSettings, MailSettings, TokenKeys};

use super::instance::Instance;
use super::storage::Storage;
use super::{Process, measure};
use crate::config::Settings;
use crate::failure::Failure;
use crate::system::{RandomIds, SystemClock};

/// The auth service of this process.
pub(crate) fn service(settings: &Settings, keys: &TokenKeys, storage: &Storage) -> io::Result<Arc<AuthService>> {
    let cost = Cost::new(settings.bcrypt_cost).map_err(io::Error::other)?;
    let settings = AuthSettings {
        keys: keys.clone(),
        token_ttl: TimeDelta::from_std(settings.access_token_ttl).map_err(io::Error::other)?,
        sessions: settings.sessions,
        hashing: HashingSettings::for_this_machine(cost),
        password_policy: settings.password_policy,
        lockout: settings.sign_ins.lockout,
        sign_in_retention: settings.sign_ins.retention,
        reserved_ids: settings.sign_ins.reserved_ids.clone(),
        mail: Some(MailSettings { public_url: "http://127.0.0.1:8501".to_owned(), notices: true }),
        requires_verified_email: false,
    };
    let ports = AuthPorts {
        accounts: Arc::clone(&storage.accounts),
        sessions: Arc::clone(&storage.sessions),
        login_attempts: Arc::clone(&storage.login_attempts),
        sign_ins: Arc::clone(&storage.sign_ins),
        invitations: Arc::clone(&storage.invitations),
        links: Arc::clone(&storage.links),
        delivery: None,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    };
    AuthService::new(&settings, ports).map(Arc::new)
}

/// Builds the auth service of a process that serves it.
pub(super) fn build(process: &Process) -> Result<Instance, Failure> {
    let service = process.auth.clone().ok_or_else(|| Failure::Refused("no SECRET_KEY".to_owned()))?;
    measure::hashing(&process.metrics, &service)?;
    let tasks = steward_auth_service::tasks(&service);
    let configure = move |_: &Process, config: &mut ServiceConfig| {
        config.configure(steward_auth_service::http::add_data(Arc::clone(&service)));
    };
    Ok(Instance { tasks, ..Instance::new(configure) })
}
