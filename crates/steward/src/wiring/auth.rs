use std::io;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use chrono::TimeDelta;
use steward_auth_service::{AuthPorts, AuthService, AuthSettings, Cost, HashingSettings, TokenKeys};
use steward_web::ServiceGate;

use super::Process;
use super::storage::Storage;
use crate::config::Settings;
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
    };
    let ports = AuthPorts {
        accounts: Arc::clone(&storage.accounts),
        sessions: Arc::clone(&storage.sessions),
        login_attempts: Arc::clone(&storage.login_attempts),
        sign_ins: Arc::clone(&storage.sign_ins),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    };
    AuthService::new(&settings, ports).map(Arc::new)
}

/// Mounts the auth service at its own address: the public endpoints and the internal ones for other services.
pub(super) fn mount(process: &Process, service: &Arc<AuthService>, config: &mut ServiceConfig) {
    let gate = ServiceGate {
        key: process.settings.service_key.clone(),
        clock: Arc::new(SystemClock),
        replay: Arc::clone(&process.ephemeral.replay),
    };
    config
        .app_data(web::Data::new(gate))
        .configure(steward_auth_service::http::public(Arc::clone(service)))
        .configure(steward_auth_service::http::dynamic_routes)
        .configure(steward_auth_service::http::internal(Arc::clone(service)));
}
