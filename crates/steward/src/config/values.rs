//! The types of settings. An error describes the allowed values; the reader adds the variable and the value.

use std::fmt::Display;
use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use steward_persistence::DatabaseUrl;
use tracing_subscriber::EnvFilter;

/// The environment, which decides how strict the settings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    /// Generates its own key, loads the sample users, prints a banner.
    Development,
    /// As strict as production.
    Staging,
    /// Generates and loads nothing by itself.
    Production,
}

impl Environment {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

pub(super) fn environment(text: &str) -> Result<Environment, String> {
    [Environment::Development, Environment::Staging, Environment::Production]
        .into_iter()
        .find(|environment| environment.name() == text)
        .ok_or_else(|| "must be development, staging or production".to_owned())
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Human-readable text.
    Text,
    /// One JSON object per line.
    Json,
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a level (error, warn, info, debug, trace), or levels per part, such as \
                       info,steward_web=debug"
            .to_owned()),
    }
}

/// The folder of the default database, and of the development key with any other database.
pub(super) const DATA_FOLDER: &str = "data";
pub(super) const DEFAULT_DATABASE: &str = "sqlite://data/steward.db";

/// The folder of this database, and of the files that belong to it, on this machine.
pub(super) fn data_folder(database: &DatabaseUrl) -> PathBuf {
    match database.file().map(Path::new) {
        Some(file) => match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        },
        None => PathBuf::from(DATA_FOLDER),
    }
}

/// A value that its own type parses, such as a URL.
pub(super) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|error: T::Err| error.to_string())
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// A whole number in a range.
pub(super) fn number(range: RangeInclusive<u32>) -> impl FnOnce(&str) -> Result<u32, String> {
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from {} to {}", range.start(), range.end())),
    }
}

/// The cost of bcrypt. Lower costs are valid in development only, for tests.
pub(super) fn bcrypt_cost(environment: Environment) -> impl FnOnce(&str) -> Result<u32, String> {
    move |text| match text.parse() {
        Ok(cost @ 10..=15) => Ok(cost),
        Ok(4) if environment == Environment::Development => Ok(4),
        _ => Err("must be a whole number from 10 to 15 (4 in development only)".to_owned()),
    }
}

/// The address of a listener.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    const EXPECTED: &str = "must be an address and a port, such as 127.0.0.1:8000 or 0.0.0.0:8000";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    // Only a valid host name is resolved: other text may be a password, which must not reach the network.
    if !text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':')) {
        return Err(EXPECTED.to_owned());
    }
    // A name may have several addresses. The first IPv4 address wins, because `localhost` usually denotes one.
    let addresses: Vec<_> = text.to_socket_addrs().map_err(|_| EXPECTED.to_owned())?.collect();
    addresses.iter().find(|a| a.is_ipv4()).or(addresses.first()).copied().ok_or_else(|| EXPECTED.to_owned())
}
