//! What each setting may be. A refusal says what is right; the reader puts the rest around it.

use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use steward_ephemeral::Redis;
use tracing_subscriber::EnvFilter;

/// How strict to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    /// Makes its own key, loads sample users, shows a banner.
    Development,
    /// As strict as production.
    Staging,
    /// Nothing is made up.
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

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
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

/// Where the data lies.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A PostgreSQL server.
    Postgres {
        /// With its password.
        url: SecretString,
    },
    /// A file of this process.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
}

impl Database {
    /// Where the embedded database lies when nothing is said, and the development key with any other.
    pub(crate) const FOLDER: &'static str = "data";

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        const RIGHT: &str = "must be postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite://PATH";
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("is no URL; it {RIGHT}"))?;
        match scheme {
            "postgres" | "postgresql" if rest.is_empty() => Err(format!("names no server; it {RIGHT}")),
            "postgres" | "postgresql" => Ok(Self::Postgres { url: SecretString::from(text) }),
            "sqlite" => match rest.split('?').next().unwrap_or_default() {
                "" | "/" => Err("names no file; it must be sqlite://PATH, such as sqlite://data/steward.db".to_owned()),
                ":memory:" | "/:memory:" => Err("asks for a database in memory, which each connection would have for \
                                                 itself; it must be sqlite://PATH"
                    .to_owned()),
                path => Ok(Self::Sqlite { path: PathBuf::from(path) }),
            },
            _ => Err(format!("has a scheme that is not known; it {RIGHT}")),
        }
    }

    /// Where this database and what belongs to it is kept on this machine.
    pub(crate) fn data_folder(&self) -> PathBuf {
        match self {
            Self::Sqlite { path } => match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                _ => PathBuf::from("."),
            },
            Self::Postgres { .. } => PathBuf::from(Self::FOLDER),
        }
    }

    /// The URL, in the form that storage takes.
    pub(crate) fn url(&self) -> SecretString {
        match self {
            Self::Postgres { url } => url.clone(),
            Self::Sqlite { path } => SecretString::from(format!("sqlite://{}", path.display())),
        }
    }

    /// Where it is, for people: without user, password and parameters.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Sqlite { path } => path.display().to_string(),
            Self::Postgres { url } => {
                let address = url.expose_secret().split(['?', '#']).next().unwrap_or_default();
                let address = address.split_once("://").map_or(address, |(_, rest)| rest);
                let address = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
                format!("PostgreSQL at {address}")
            }
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::Sqlite { path: Path::new(Self::FOLDER).join("steward.db") }
    }
}

pub(super) fn redis_url(text: &str) -> Result<SecretString, String> {
    let url = SecretString::from(text.trim());
    match Redis::connect(&url) {
        Ok(_) => Ok(url),
        Err(error) => Err(error.to_string()),
    }
}

/// Yes or no.
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

/// bcrypt's cost: what attackers have to pay too, so tests alone may have it cheap.
pub(super) fn bcrypt_cost(environment: Environment) -> impl FnOnce(&str) -> Result<u32, String> {
    move |text| match text.parse() {
        Ok(cost @ 10..=15) => Ok(cost),
        Ok(4) if environment == Environment::Development => Ok(4),
        _ => Err("must be a whole number from 10 to 15 (4 in development only)".to_owned()),
    }
}

/// An address to listen at.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    const RIGHT: &str = "must be an address and a port, such as 127.0.0.1:8000 or 0.0.0.0:8000";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    // A name, which may have several addresses: the first that IPv4 knows, as `localhost` is mostly meant.
    let addresses: Vec<_> = text.to_socket_addrs().map_err(|_| RIGHT.to_owned())?.collect();
    addresses.iter().find(|a| a.is_ipv4()).or(addresses.first()).copied().ok_or_else(|| RIGHT.to_owned())
}

/// Where another service is reached.
pub(super) fn service_url(text: &str) -> Result<String, String> {
    const RIGHT: &str = "must be http://HOST:PORT, without a path";
    let authority = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')).ok_or(RIGHT)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if authority.is_empty() || !authority.chars().all(plain) {
        return Err(RIGHT.to_owned());
    }
    Ok(format!("http://{authority}"))
}

/// Where a service that listens at `address` is reached from this machine.
pub(crate) fn url_of(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    format!("http://{address}")
}
