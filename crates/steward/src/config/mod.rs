//! The settings, and the only place that reads them: options, environment, `.env`, secret files.
//!
//! - [`environment`]: environment variables and the `.env` file.
//! - [`reader`]: reads one setting after the other, and collects all errors.
//! - [`values`]: the types of settings.
//! - [`edge`]: the gateway's settings.
//! - [`keys`]: the secret keys, and the generated key of development.
//! - [`key_strength`]: estimates whether a key can be guessed.
//! - [`mail`]: where mails go, and where their links lead.
//! - [`passwords`]: the password policy.
//! - [`secret_files`]: files that other users can open.
//! - [`sessions`]: lifetimes of tokens and sessions.
//! - [`sign_ins`]: lock-outs, and how long sign-in attempts are kept.
//! - [`signing_key`]: the files of asymmetric signing keys.
//! - [`unknown`]: variables with our prefix that are not settings.

mod edge;
mod environment;
mod key_strength;
mod keys;
mod mail;
mod passwords;
mod reader;
mod secret_files;
mod sessions;
mod sign_ins;
mod signing_key;
mod unknown;
mod values;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretSlice};
use steward_auth_service::{SessionSettings, TokenKeys};
use steward_contracts::services::{ServiceKey, ServiceUrl};
use steward_domain::PasswordPolicy;
use steward_ephemeral::RedisUrl;
use steward_persistence::DatabaseUrl;
use steward_web::service::{ServiceDescription, ServiceId};

pub(crate) use edge::Edge;
pub(crate) use environment::{Variables, load_dotenv};
pub(crate) use mail::{Delivery, Mail};
pub(crate) use reader::ConfigError;
pub(crate) use sign_ins::SignIns;
pub(crate) use values::{Environment, LogFormat};

use crate::cli::{Options, address_variable, services_with_url, url_variable};
use crate::services::descriptions;
use reader::Reader;
use values::{DATA_FOLDER, DEFAULT_DATABASE};

/// The default log filter: our own messages, and only warnings of the HTTP server.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// All settings, parsed and validated.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) environment: Environment,
    pub(crate) database: DatabaseUrl,
    /// Most connections to the database.
    pub(crate) db_pool_size: u32,
    pub(crate) redis_url: Option<RedisUrl>,
    /// The keys for tokens; only where the auth service or its background tasks run.
    pub(crate) signing: Option<TokenKeys>,
    /// The key that signs calls between services.
    pub(crate) service_key: ServiceKey,
    /// The keys that encrypt the console's cookies: the first for new cookies, all of them for reading.
    pub(crate) cookie_keys: Vec<SecretSlice<u8>>,
    pub(crate) access_token_ttl: Duration,
    /// Lifetimes of sessions.
    pub(crate) sessions: SessionSettings,
    pub(crate) bcrypt_cost: u32,
    /// The password policy.
    pub(crate) password_policy: PasswordPolicy,
    /// Lock-outs, and how long sign-in attempts are kept.
    pub(crate) sign_ins: SignIns,
    /// Mails.
    pub(crate) mail: Mail,
    pub(crate) addresses: Addresses,
    pub(crate) urls: Urls,
    /// The gateway's settings.
    pub(crate) edge: Edge,
    pub(crate) log: Log,
    /// Warnings about settings that are valid but should be changed.
    pub(crate) warnings: Vec<String>,
}

/// The address of each service's listener.
pub(crate) type Addresses = BTreeMap<ServiceId, SocketAddr>;

/// The URL of each service that other services call.
pub(crate) type Urls = BTreeMap<ServiceId, ServiceUrl>;

/// The format and the filter of the log.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    /// In the form of `tracing_subscriber::EnvFilter`.
    pub(crate) filter: String,
}

/// Reads the settings that `services` need.
///
/// # Errors
/// All invalid settings.
pub(crate) fn load(
    options: &Options,
    variables: &Variables,
    services: &[ServiceId],
) -> Result<Settings, Vec<ConfigError>> {
    let mut reader = Reader::new(variables);
    let environment = reader.read("STEWARD_ENV", options.env.as_deref(), Environment::Development, values::environment);
    // Other settings depend on the environment. If it is invalid, they are checked as in production.
    let strictness = environment.unwrap_or(Environment::Production);

    let mut warnings = unknown::warnings(variables);
    let database = read_database(&mut reader, options, &mut warnings);
    let data_folder = database.as_ref().map_or_else(|| PathBuf::from(DATA_FOLDER), values::data_folder);
    let db_pool_size =
        reader.read("STEWARD_DB_POOL_SIZE", options.db_pool_size.as_deref(), 15, values::number(1..=500));
    let redis_url = options.redis_url.as_ref().map(ExposeSecret::expose_secret);
    if redis_url.is_some_and(|url| url.contains('@')) {
        warnings.extend(variables.warn_of_argument("REDIS_URL", redis_url));
    }
    let redis_url = reader.secret("REDIS_URL", redis_url, values::parsed);

    let keys = keys::read(&mut reader, options, strictness, services, &data_folder, &mut warnings);

    let sessions = sessions::read(&mut reader, options);
    let bcrypt_cost =
        reader.read("STEWARD_BCRYPT_COST", options.bcrypt_cost.as_deref(), 12, values::bcrypt_cost(strictness));
    let password_policy = passwords::read(&mut reader, options);
    let sign_ins = sign_ins::read(&mut reader, &options.sign_ins);

    let addresses = read_addresses(&mut reader, options);
    let urls = read_urls(&mut reader, options, addresses.as_ref());
    let console_url =
        addresses.as_ref().map_or_else(String::new, |all| ServiceUrl::from(all[&steward_console::ID]).to_string());
    let mail = mail::read(&mut reader, &options.mail, strictness, services, &data_folder, &console_url, &mut warnings);
    let edge = edge::read(&mut reader, &options.edge, strictness);

    let is_bare = edge.as_ref().is_some_and(|edge| edge.trusted_proxies.is_empty());
    if is_bare && strictness != Environment::Development && services.contains(&steward_console::ID) {
        warnings.push(
            "STEWARD_TRUSTED_PROXIES is not set: the console cannot detect TLS, so its cookies lack the `Secure` \
             attribute"
                .to_owned(),
        );
    }

    let format = if strictness == Environment::Development { LogFormat::Text } else { LogFormat::Json };
    let format = reader.read("STEWARD_LOG_FORMAT", options.log_format.as_deref(), format, values::log_format);
    let filter = reader.read("STEWARD_LOG", options.log.as_deref(), DEFAULT_FILTER.to_owned(), values::log_filter);

    warnings.extend(reader.take_warnings());
    if strictness != Environment::Development {
        warnings.extend(environment::dotenv_warning(variables));
    }
    reader.finish(|| {
        let keys = keys?;
        let sessions = sessions?;
        Some(Settings {
            environment: environment?,
            database: database?,
            db_pool_size: db_pool_size?,
            redis_url: redis_url?,
            signing: keys.signing,
            service_key: keys.service,
            cookie_keys: keys.cookies,
            access_token_ttl: sessions.access_token_ttl,
            sessions: sessions.settings,
            bcrypt_cost: bcrypt_cost?,
            password_policy: password_policy?,
            sign_ins: sign_ins?,
            mail: mail?,
            addresses: addresses?,
            urls: urls?,
            edge: edge?,
            log: Log { format: format?, filter: filter? },
            warnings,
        })
    })
}

/// Reads only the addresses of the services.
///
/// # Errors
/// All invalid addresses.
pub(crate) fn load_addresses(options: &Options, variables: &Variables) -> Result<Addresses, Vec<ConfigError>> {
    let mut reader = Reader::new(variables);
    let addresses = read_addresses(&mut reader, options);
    reader.finish(|| addresses)
}

fn read_database(reader: &mut Reader<'_>, options: &Options, warnings: &mut Vec<String>) -> Option<DatabaseUrl> {
    let given = options.database_url.as_ref().map(ExposeSecret::expose_secret);
    let database: Option<DatabaseUrl> = reader.secret("DATABASE_URL", given, values::parsed)?;
    let database = database.or_else(|| DEFAULT_DATABASE.parse().ok())?;
    if database.has_password() {
        warnings.extend(reader.variables().warn_of_argument("DATABASE_URL", given));
    }
    if let Some(file) = database.file() {
        warnings.extend(secret_files::warning_unless_in_closed_folder("DATABASE_URL", Path::new(file)));
    }
    Some(database)
}

fn read_addresses(reader: &mut Reader<'_>, options: &Options) -> Option<Addresses> {
    let read = |service: &'static ServiceDescription| {
        let (variable, default) = (address_variable(service), default_address(service));
        Some((service.id, reader.read(&variable, options.services.get(&variable), default, values::address)?))
    };
    // Reads all of them, to report every invalid one.
    descriptions().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn default_address(service: &ServiceDescription) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, service.port).into()
}

fn read_urls(reader: &mut Reader<'_>, options: &Options, addresses: Option<&Addresses>) -> Option<Urls> {
    let read = |service: &'static ServiceDescription| {
        let variable = url_variable(service);
        let address = addresses.map_or_else(|| default_address(service), |addresses| addresses[&service.id]);
        Some((service.id, reader.read(&variable, options.services.get(&variable), address.into(), values::parsed)?))
    };
    services_with_url().map(read).collect::<Vec<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests;
