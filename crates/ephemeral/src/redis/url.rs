use deadpool_redis::redis::IntoConnectionInfo;
use deadpool_redis::sentinel::{self, SentinelNodeConnectionInfo, SentinelServerType, TlsMode};
use deadpool_redis::{Config, Runtime, cluster};

use super::pool::{CONNECTIONS, Pool};

/// A URL that does not name a Redis. Does not quote it: it may hold a password.
///
/// - `redis://[user:password@]host[:port][/database]`: a server. `redis+unix:///path/of.sock?db=1&pass=…` by its socket.
/// - `redis+sentinel://[user:password@]host[:port],…/primary[/database][?sentinel_password=…]`: the primary that these
///   sentinels (port 26379) know by that name, wherever it moves. User and password are those of Redis.
/// - `redis+cluster://[user:password@]host[:port],…`: the cluster that these nodes are of. They name the others.
/// - `rediss://`, `rediss+sentinel://`, `rediss+cluster://`: the same by TLS, with the system's certificate authorities.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "must be redis://:PASSWORD@HOST:PORT/DATABASE, redis+sentinel://:PASSWORD@HOST:PORT,…/PRIMARY/DATABASE or \
     redis+cluster://:PASSWORD@HOST:PORT,…: {0}"
)]
pub struct InvalidRedisUrl(String);

const SENTINEL_PORT: u16 = 26379;
const DATABASE: &str = "the database must be a whole number";

pub(super) fn parse(url: &str) -> Result<Pool, InvalidRedisUrl> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| InvalidRedisUrl("it has no scheme".into()))?;
    // The library leaves line ends and tabs out, and so would change a password.
    if url.contains(char::is_control) {
        return Err(InvalidRedisUrl("it holds a line end or another control character".into()));
    }
    // To the library `#insecure` means that any certificate will do.
    if rest.contains('#') {
        return Err(InvalidRedisUrl("a # has no meaning there; in a password it is written %23".into()));
    }
    let (scheme, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
    let with_tls = scheme == "rediss";
    if with_tls && !cfg!(feature = "redis-tls") {
        return Err(InvalidRedisUrl(
            "asks for TLS, but this binary was built without it: build with the feature redis-tls".into(),
        ));
    }
    // Otherwise the rest of a password that holds a / or ? would be taken for the database or a parameter.
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    if kind != "unix" && rest[authority_end..].contains('@') {
        return Err(InvalidRedisUrl(
            "it holds an @ after the first / or ?; in a password / is written %2F, ? is %3F and @ is %40".into(),
        ));
    }
    match kind {
        "sentinel" => sentinel(scheme, with_tls, &Several::parse(rest)?),
        "cluster" => cluster(scheme, &Several::parse(rest)?),
        _ => one(url),
    }
}

fn one(url: &str) -> Result<Pool, InvalidRedisUrl> {
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

fn sentinel(scheme: &str, with_tls: bool, several: &Several<'_>) -> Result<Pool, InvalidRedisUrl> {
    let (primary, database) = several.path.split_once('/').unwrap_or((several.path, ""));
    if primary.is_empty() {
        return Err(InvalidRedisUrl("the name of the primary is missing after the sentinels".into()));
    }
    let password = match several.query.split_once('=') {
        _ if several.query.is_empty() => String::new(),
        Some(("sentinel_password", password)) => format!(":{password}@"),
        _ => return Err(InvalidRedisUrl("sentinel_password is the only parameter".into())),
    };
    let at = |host: &&str| {
        let port = if has_port(host) { String::new() } else { format!(":{SENTINEL_PORT}") };
        format!("{scheme}://{password}{host}{port}")
    };
    let sentinels: Vec<String> = several.hosts.iter().map(at).collect();
    // The host is of no matter: it is read for the credentials and the database.
    let node = format!("redis://{}primary/{database}", several.credentials).into_connection_info().map_err(refused)?;
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

fn cluster(scheme: &str, several: &Several<'_>) -> Result<Pool, InvalidRedisUrl> {
    if !several.path.is_empty() || !several.query.is_empty() {
        return Err(InvalidRedisUrl("a cluster has no databases to choose from".into()));
    }
    let nodes: Vec<String> =
        several.hosts.iter().map(|host| format!("{scheme}://{}{host}", several.credentials)).collect();
    let builder = cluster::Config::from_urls(nodes).builder().map_err(refused)?;
    let pool = builder.max_size(CONNECTIONS).runtime(Runtime::Tokio1).build().map_err(refused)?;
    Ok(Pool::Cluster(pool))
}

/// The library's errors are not shown: some of them quote a part of the URL, which may be one of the password.
fn refused(error: impl std::error::Error) -> InvalidRedisUrl {
    let error = error.to_string();
    let what = if error.contains("Invalid database number") {
        DATABASE
    } else if error.contains("wildcard address") {
        "0.0.0.0 and [::] are addresses to listen at, not to connect to"
    } else if error.contains("Invalid protocol version") {
        "the parameter protocol must be resp2 or resp3"
    } else {
        "its host or port cannot be read; in a password each of / ? # @ : % [ ] is written as % and two hexadecimal digits"
    };
    InvalidRedisUrl(what.into())
}

/// What follows the scheme of a URL that names several hosts, which no URL library reads.
struct Several<'a> {
    /// `user:password@`, or nothing.
    credentials: &'a str,
    hosts: Vec<&'a str>,
    path: &'a str,
    query: &'a str,
}

impl<'a> Several<'a> {
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

/// Whether a port follows the host, which in the case of `[::1]` has colons of its own.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}
