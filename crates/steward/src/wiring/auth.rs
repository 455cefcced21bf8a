use std::io;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use chrono::TimeDelta;
use steward_auth_service::{AuthPorts, AuthService, AuthSettings, Cost, HashingSettings, MailDelivery, TokenKeys};
use steward_mail::TransportSettings;
use steward_web::service::BackgroundTask;

use super::instance::Instance;
use super::storage::Storage;
use super::{Process, measure};
use crate::config::{ConfigError, Delivery, Settings};
use crate::failure::Failure;
use crate::system::{RandomIds, SystemClock};

/// The auth service of this process. Without a `delivery` it sends no mails; another process does.
pub(crate) fn service(
    settings: &Settings,
    keys: &TokenKeys,
    storage: &Storage,
    delivery: Option<MailDelivery>,
) -> io::Result<Arc<AuthService>> {
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
        mail: settings.mail.of_auth_service(),
        requires_verified_email: settings.mail.requires_verified_email,
        allows_name_change: settings.sign_ins.allows_name_change,
    };
    let ports = AuthPorts {
        accounts: Arc::clone(&storage.accounts),
        account_exports: Arc::clone(&storage.account_exports),
        deletions: Arc::clone(&storage.deletions),
        sessions: Arc::clone(&storage.sessions),
        login_attempts: Arc::clone(&storage.login_attempts),
        sign_ins: Arc::clone(&storage.sign_ins),
        invitations: Arc::clone(&storage.invitations),
        links: Arc::clone(&storage.links),
        outbox: Arc::clone(&storage.outbox),
        delivery,
        users: Arc::clone(&storage.users),
        profiles: Arc::clone(&storage.profiles),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    };
    Ok(Arc::new(AuthService::new(&settings, ports)))
}

/// Connects the mailer of a process that sends mails; `None` if the deployment sends none.
pub(crate) fn mail_delivery(settings: &Settings) -> Result<Option<MailDelivery>, ConfigError> {
    let Some(Delivery { url, from, .. }) = &settings.mail.delivery else { return Ok(None) };
    let mailer = steward_mail::connect(&TransportSettings::new(url.clone(), from.clone()))
        .map_err(|error| ConfigError::new("STEWARD_MAIL_URL", error.to_string()))?;
    Ok(Some(MailDelivery::new(mailer)))
}

/// Builds the auth service of a process that serves it.
pub(super) fn build(process: &Process) -> Result<Instance, Failure> {
    let service = process.auth.clone().ok_or_else(|| Failure::Refused("no SECRET_KEY".to_owned()))?;
    measure::hashing(&process.metrics, &service)?;
    Ok(Instance::new(move |_: &Process, config: &mut ServiceConfig| {
        config.configure(steward_auth_service::http::add_data(Arc::clone(&service)));
    }))
}

/// Returns the background tasks of the auth service.
pub(super) fn tasks(process: &Process) -> Vec<BackgroundTask> {
    process.auth_tasks.iter().flat_map(steward_auth_service::tasks).collect()
}
