use std::fmt;
use std::str::FromStr;

use deadpool_redis::redis::IntoConnectionInfo;
use deadpool_redis::sentinel::{self, SentinelNodeConnectionInfo, SentinelServerType, TlsMode};
use deadpool_redis::{Config, Runtime, cluster};

use super::pool::{CONNECTIONS, Pool};

/// An invalid Redis URL. The error does not contain the URL, which may contain a password.
///
/// - `redis://[user:password@]host[:port][/database]`: a server. `redis+unix:///path/of.sock?db=1&pass=…`: a server at
///   a Unix socket.
/// - `redis+sentinel://[user:password@]host[:port],…/primary[/database][?sentinel_password=…]`: the primary that these
///   sentinels (port 26379) monitor under that name. User and password are those of Redis.
/// - `redis+cluster://[user:password@]host[:port],…`: the cluster of these nodes. They report the other nodes.
/// - `rediss://`, `rediss+sentinel://`, `rediss+cluster://`: the same with TLS and the system's certificate
///   authorities.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "must be redis://:PASSWORD@HOST:PORT/DATABASE, redis+sentinel://:PASSWORD@HOST:PORT,…/PRIMARY/DATABASE or \
     redis+cluster://:PASSWORD@HOST:PORT,…: {0}"
)]
pub struct InvalidRedisUrl(String);

const SENTINEL_PORT: u16 = 26379;
const DATABASE: &str = "the database must be a whole number";

/// A valid Redis URL: see [`InvalidRedisUrl`] for its syntax.
///
/// It contains the pool that the URL configures. The pool opens its first connection when it is needed.
#[derive(Clone)]
pub struct RedisUrl(pub(super) Pool);

impl FromStr for RedisUrl {
    type Err = InvalidRedisUrl;

    fn from_str(url: &str) -> Result<Self, InvalidRedisUrl> {
        parse(url).map(Self)
    }
}

/// Shows no part of the URL, which may contain a password.
impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(…)")
    }
}

fn parse(url: &str) -> Result<Pool, InvalidRedisUrl> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| InvalidRedisUrl("it has no scheme".into()))?;
    // The library removes line breaks and tabs, which would change a password.
    if url.contains(char::is_control) {
        return Err(InvalidRedisUrl("it contains a line break or another control character".into()));
    }
    // The library interprets `#insecure` as permission to accept any certificate.
    if rest.contains('#') {
        return Err(InvalidRedisUrl("# is not allowed; in a password it must be written as %23".into()));
    }
    let (scheme, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
    let with_tls = scheme == "rediss";
    if with_tls && !cfg!(feature = "redis-tls") {
        return Err(InvalidRedisUrl("TLS is not supported by this binary: build with the feature redis-tls".into()));
    }
    // Otherwise the part of a password after a / or ? would be read as the database or a parameter.
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    if kind != "unix" && rest[authority_end..].contains('@') {
        return Err(InvalidRedisUrl(
            "it contains an @ after the first / or ?; in a password, write / as %2F, ? as %3F and @ as %40".into(),
        ));
    }
    match kind {
        "sentinel" => sentinel(scheme, with_tls, &HostList::parse(rest)?),
        "cluster" => cluster(scheme, &HostList::parse(rest)?),
        _ => single(url),
    }
}

fn single(url: &str) -> Result<Pool, InvalidRedisUrl> {
    let info = url.into_connection_info().map_err(refused)?;
    if info.redis_settings().db() < 0 {
        return Err(InvalidRedisUrl(DATABASE.into()));
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let known: &[&str] =
        if url.starts_with("redis+unix:") { &["db", "user", "pass", "protocol"] } else { &["protocol"] };
    let mut names = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split('=').next().unwrap_or(pair));
    if !names.all(|name| known.contains(&name)) {
        return Err(InvalidRedisUrl(format!("it has a parameter that is not one of: {}", known.join(", "))));
    }
    let builder = Config::from_url(url).builder().map_err(refused)?;
    let pool = builder.max_size(CONNECTIONS).runtime(Runtime::Tokio1).build().map_err(refused)?;
    Ok(Pool::One(pool))
}

fn sentinel(scheme: &str, with_tls: bool, hosts: &HostList<'_>) -> Result<Pool, InvalidRedisUrl> {
    let (primary, database) = hosts.path.split_once('/').unwrap_or((hosts.path, ""));
    if primary.is_empty() {
        return Err(InvalidRedisUrl("the name of the primary is missing after the sentinels".into()));
    }
    let password = match hosts.query.split_once('=') {
        _ if hosts.query.is_empty() => String::new(),
        Some(("sentinel_password", password)) => format!(":{password}@"),
        _ => return Err(InvalidRedisUrl("sentinel_password is the only allowed parameter".into())),
    };
    let at = |host: &&str| {
        let port = if has_port(host) { String::new() } else { format!(":{SENTINEL_PORT}") };
        format!("{scheme}://{password}{host}{port}")
    };
    let sentinels: Vec<String> = hosts.hosts.iter().map(at).collect();
    // This URL only supplies the credentials and the database, so its host does not matter.
    let node = format!("redis://{}primary/{database}", hosts.credentials).into_connection_info().map_err(refused)?;
    if node.redis_settings().db() < 0 {
        return Err(InvalidRedisUrl(DATABASE.into()));
    }
    let node = SentinelNodeConnectionInfo {
        tls_mode: with_tls.then_some(TlsMode::Secure),
        redis_connection_info: Some(node.redis_settings().clone().into()),
    };
    let builder = sentinel::Config::from_urls(sentinels, primary.to_owned(), SentinelServerType::Master)
        .with_node_connection_info(Some(node))
        .builder()
        .map_err(refused)?;
    let pool = builder.max_size(CONNECTIONS).runtime(Runtime::Tokio1).build().map_err(refused)?;
    Ok(Pool::Sentinel(pool))
}

fn cluster(scheme: &str, hosts: &HostList<'_>) -> Result<Pool, InvalidRedisUrl> {
    if !hosts.path.is_empty() || !hosts.query.is_empty() {
        return Err(InvalidRedisUrl("a cluster supports neither databases nor parameters".into()));
    }
    let nodes: Vec<String> = hosts.hosts.iter().map(|host| format!("{scheme}://{}{host}", hosts.credentials)).collect();
    let builder = cluster::Config::from_urls(nodes).builder().map_err(refused)?;
    let pool = builder.max_size(CONNECTIONS).runtime(Runtime::Tokio1).build().map_err(refused)?;
    Ok(Pool::Cluster(pool))
}

/// Converts an error of the library. Its text is not shown, because it may contain a part of the password.
fn refused(error: impl std::error::Error) -> InvalidRedisUrl {
    let error = error.to_string();
    let reason = if error.contains("Invalid database number") {
        DATABASE
    } else if error.contains("wildcard address") {
        "0.0.0.0 and [::] are addresses to listen on, not to connect to"
    } else if error.contains("Invalid protocol version") {
        "the parameter protocol must be resp2 or resp3"
    } else {
        "its host or port is invalid; in a password, write each of / ? # @ : % [ ] as % and two hexadecimal digits"
    };
    InvalidRedisUrl(reason.into())
}

/// The part of a URL after the scheme, for URLs with several hosts. No URL library parses these.
struct HostList<'a> {
    /// `user:password@`, or empty.
    credentials: &'a str,
    hosts: Vec<&'a str>,
    path: &'a str,
    query: &'a str,
}

impl<'a> HostList<'a> {
    fn parse(rest: &'a str) -> Result<Self, InvalidRedisUrl> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let hosts: Vec<&str> = hosts.split(',').collect();
        if hosts.iter().any(|host| host.is_empty()) {
            return Err(InvalidRedisUrl("a host is missing".into()));
        }
        Ok(Self { credentials, hosts, path, query })
    }
}

/// Whether a port follows the host. An IPv6 address such as `[::1]` contains colons of its own.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}
