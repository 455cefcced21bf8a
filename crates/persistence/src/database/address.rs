//! Database URLs. Neither the errors nor the displayed address contain any part of a password.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;

use super::DatabaseError;
use super::parameters::{self, Parameters, decode};

/// The address of a database, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseAddress {
    /// `PostgreSQL` or `SQLite`.
    pub system: &'static str,
    /// The host name, address, or folder of the socket; `None` for an embedded database.
    pub host: Option<String>,
    /// The TCP port; `None` for an embedded database.
    pub port: Option<u16>,
    /// The name of the database, or the path of its file.
    pub database: String,
}

/// The address for operators: `PostgreSQL at HOST:PORT/NAME`, or the file.
impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(host) = &self.host else { return f.write_str(&self.database) };
        write!(f, "{} at ", self.system)?;
        if host.contains(':') { write!(f, "[{host}]") } else { f.write_str(host) }?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.database)
    }
}

/// A parsed database URL.
///
/// - `postgres://` or `postgresql://[USER[:PASSWORD]@][HOST][:PORT][,…][/NAME][?PARAMETER=VALUE&…]`, with the
///   parameters of libpq (section 34.1.2). User, password and names are percent-encoded; an `@` in a password may
///   be unencoded.
/// - `sqlite://PATH`.
#[derive(Clone)]
pub struct DatabaseUrl {
    target: Target,
    address: DatabaseAddress,
}

#[derive(Clone)]
pub(super) enum Target {
    /// A PostgreSQL server.
    Postgres {
        /// The URL in a form that libpq parses in the same way as this module.
        url: SecretString,
        /// Whether the URL requires TLS.
        requires_tls: bool,
        has_password: bool,
    },
    /// An SQLite file.
    Sqlite {
        /// The path of the file.
        path: String,
    },
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseError;

    /// Parses a URL.
    ///
    /// # Errors
    /// If no database can ever be reached by it. Errors never quote the URL.
    fn from_str(url: &str) -> Result<Self, DatabaseError> {
        if let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) {
            return postgres(rest);
        }
        match url.strip_prefix("sqlite://") {
            Some(path) => sqlite(path),
            // `sqlite::memory:` is the form of other libraries.
            None if url.contains(":memory:") => Err(DatabaseError::InMemory),
            None => Err(DatabaseError::Scheme),
        }
    }
}

impl DatabaseUrl {
    /// The address of the database.
    pub fn address(&self) -> &DatabaseAddress {
        &self.address
    }

    /// The path of an embedded database; `None` for a server.
    pub fn file(&self) -> Option<&str> {
        match &self.target {
            Target::Sqlite { path } => Some(path),
            Target::Postgres { .. } => None,
        }
    }

    /// Whether the URL contains a password.
    pub fn has_password(&self) -> bool {
        matches!(self.target, Target::Postgres { has_password: true, .. })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseUrl").field(&self.address).finish()
    }
}

fn sqlite(path: &str) -> Result<DatabaseUrl, DatabaseError> {
    // For SQLite, "" and ":memory:" are a database of one connection, and "file:" begins a URI that can name one.
    if matches!(path, "" | "/")
        || path.contains(":memory:")
        || path.starts_with("file:")
        || path.contains("mode=memory")
    {
        return Err(DatabaseError::InMemory);
    }
    if path.contains(char::is_control) {
        return Err(DatabaseError::Path);
    }
    if path.contains('?') {
        return Err(DatabaseError::malformed("holds a ?, but an embedded database has no parameters"));
    }
    if path.split('/').next().is_some_and(|first| first.contains(':')) && path.contains('@') {
        return Err(DatabaseError::malformed("names a user, which an embedded database does not have"));
    }
    let address = DatabaseAddress { system: "SQLite", host: None, port: None, database: path.to_owned() };
    Ok(DatabaseUrl { target: Target::Sqlite { path: path.to_owned() }, address })
}

/// Parses the part after `postgres://` as libpq does (section 34.1.1.2), and refuses an ambiguous one: after an
/// unencoded `/`, `?` or `#` in a password, its rest would become part of the address.
fn postgres(rest: &str) -> Result<DatabaseUrl, DatabaseError> {
    if rest.is_empty() {
        return Err(DatabaseError::malformed("names no server"));
    }
    if rest.contains('#') {
        return Err(DatabaseError::malformed("holds a #; in a password it must be written as %23"));
    }
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = base.split_once('/').unwrap_or((base, ""));
    if database.contains('@') || query.contains('@') {
        return Err(DatabaseError::malformed(
            "holds an @ after the first / or ?; in a password / must be written as %2F and ? as %3F, and elsewhere @ as \
             %40",
        ));
    }
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (Some(credentials), hosts),
        None => (None, authority),
    };
    let (user, password) = match credentials.map(|text| text.split_once(':').unwrap_or((text, ""))) {
        Some((user, password)) => (decode(user)?, decode(password)?),
        None => (String::new(), String::new()),
    };
    if hosts.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(DatabaseError::malformed("names a host with blanks in it"));
    }
    let servers = servers(hosts)?;
    let database = decode(database)?;
    let parameters = Parameters::parse(query)?;
    parameters::check_ports(&parameters, servers.len())?;

    let url = canonical(&user, &password, hosts, &database, query);
    let non_empty = |text: String| (!text.is_empty()).then_some(text);
    let (host, port) = servers.into_iter().next().unwrap_or_default();
    let user = parameters.get("user").map(str::to_owned).or_else(|| non_empty(user));
    let address = DatabaseAddress {
        system: "PostgreSQL",
        host: Some(parameters.first("host").or_else(|| non_empty(host)).unwrap_or_else(|| "localhost".to_owned())),
        port: Some(parameters.first("port").and_then(|port| port.parse().ok()).or(port).unwrap_or(5432)),
        database: parameters
            .get("dbname")
            .map(str::to_owned)
            .or_else(|| non_empty(database))
            .or(user)
            .unwrap_or_else(|| "postgres".to_owned()),
    };
    let requires_tls = parameters.requires_tls();
    let has_password = !password.is_empty() || parameters.get("password").is_some();
    Ok(DatabaseUrl { target: Target::Postgres { url, requires_tls, has_password }, address })
}

/// The hosts of a URL, each with its port.
fn servers(hosts: &str) -> Result<Vec<(String, Option<u16>)>, DatabaseError> {
    hosts
        .split(',')
        .map(|server| {
            // An IPv6 address is in brackets, because it contains colons.
            let (host, port) = match server.strip_prefix('[') {
                Some(rest) => rest.split_once(']').ok_or_else(|| DatabaseError::malformed("holds a [ without a ]"))?,
                None => server.find(':').map_or((server, ""), |at| server.split_at(at)),
            };
            let port = match port.strip_prefix(':') {
                None if port.is_empty() => None,
                None => return Err(DatabaseError::malformed("holds a ] that neither a port nor the database follows")),
                Some("") => None,
                Some(port) => Some(parameters::port(port)?),
            };
            Ok((decode(host)?, port))
        })
        .collect()
}

/// The URL for libpq, with an encoded `@` in the password, which would otherwise end it.
fn canonical(user: &str, password: &str, hosts: &str, database: &str, query: &str) -> SecretString {
    /// Unreserved characters (RFC 3986, section 2.3) are not encoded.
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let encode = |text| utf8_percent_encode(text, ENCODED).to_string();
    let mut url = "postgres://".to_owned();
    if !user.is_empty() || !password.is_empty() {
        url.push_str(&encode(user));
        if !password.is_empty() {
            url.push(':');
            url.push_str(&encode(password));
        }
        url.push('@');
    }
    url.push_str(hosts);
    if !database.is_empty() {
        url.push('/');
        url.push_str(&encode(database));
    }
    if !query.is_empty() {
        url.push('?');
        url.push_str(query);
    }
    SecretString::from(url)
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    fn read(url: &str) -> Result<DatabaseUrl, DatabaseError> {
        url.parse()
    }

    fn postgres(url: &str) -> (String, u16, String, bool) {
        let DatabaseUrl { target, address } = read(url).unwrap();
        match target {
            Target::Postgres { requires_tls, .. } => {
                (address.host.unwrap(), address.port.unwrap(), address.database, requires_tls)
            }
            Target::Sqlite { .. } => panic!("{url} is no PostgreSQL"),
        }
    }

    fn for_libpq(url: &str) -> String {
        match read(url).unwrap().target {
            Target::Postgres { url, .. } => url.expose_secret().to_owned(),
            Target::Sqlite { .. } => panic!("{url} is no PostgreSQL"),
        }
    }

    #[test]
    fn the_address_is_shown_without_the_password() {
        for (url, host, port, database, tls) in [
            (
                "postgresql://admin:p%40ss@timescaledb:5432/secondarymarket",
                "timescaledb",
                5432,
                "secondarymarket",
                false,
            ),
            ("postgres://localhost", "localhost", 5432, "postgres", false),
            ("postgres://me@/", "localhost", 5432, "me", false),
            ("postgres://u:p@[::1]:5433/db?sslmode=verify-full", "::1", 5433, "db", true),
            ("postgres://u@[::1]/db", "::1", 5432, "db", false),
            ("postgres:///db?host=%2Fvar%2Frun&port=7", "/var/run", 7, "db", false),
            ("postgres://a:1,b:2/db?sslmode=prefer", "a", 1, "db", false),
            ("postgres://u:p@ss:w0rd@h:1/db?dbname=other&user=x", "h", 1, "other", false),
            ("postgres://h/?user=x", "h", 5432, "x", false),
            ("postgres://h/db?host=first,second&port=1,2", "first", 1, "db", false),
        ] {
            assert_eq!(postgres(url), (host.to_owned(), port, database.to_owned(), tls), "{url}");
            assert!(!format!("{:?}", read(url).unwrap()).contains("p%40ss"));
        }
    }

    #[test]
    fn libpq_gets_a_url_that_it_parses_in_the_same_way() {
        for (url, canonical) in [
            ("postgresql://u:p@ss@h:1/db?sslmode=disable", "postgres://u:p%40ss@h:1/db?sslmode=disable"),
            ("postgres://u:p%25%2F%3a:x y@h", "postgres://u:p%25%2F%3A%3Ax%20y@h"),
            ("postgres://h1:1,[::1]:2/d%20b", "postgres://h1:1,[::1]:2/d%20b"),
            ("postgres:///?host=/run", "postgres://?host=/run"),
        ] {
            assert_eq!(for_libpq(url), canonical);
        }
    }

    #[test]
    fn an_unusable_url_is_refused_with_the_reason() {
        for (url, reason) in [
            ("postgres://", "names no server"),
            ("postgres://u:pa#ssword9@h/db", "holds a #"),
            ("postgres://u:pa/ssword9@h/db", "an @ after the first /"),
            ("postgres://u:12?ssword9@h/db", "an @ after the first /"),
            ("postgres://u:pa%ssword9@h/db", "holds a %"),
            ("postgres://u:pa%@h/db", "holds a %"),
            ("postgres://u:p%00a@h/db", "%00"),
            ("postgres://u:%ff@h/db", "not UTF-8"),
            ("postgres://h:notaport/db", "port"),
            ("postgres://h:0/db", "port"),
            ("postgres://h:65536/db", "port"),
            ("postgres://h:1:2/db", "port"),
            ("postgres://[::1/db", "without a ]"),
            ("postgres://[::1]x/db", "holds a ]"),
            ("postgres://h/db?port=x", "port"),
            ("postgres://h/db?port=1,2", "as many ports as hosts"),
            ("postgres://h/db?sslmode=bogus", "sslmode"),
            ("postgres://h/db?sslmode", "no value"),
            ("postgres://h/db?sslmod=require", "sslmod, which is not one; did you mean sslmode?"),
            ("postgres://h/db?pool_size=3", "pool_size, which is not one"),
            ("postgres://h/db?connect_timeout=soon", "connect_timeout"),
            ("sqlite://data.db?mode=rwc", "no parameters"),
            ("sqlite://u:secret@host/db", "names a user"),
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(error.contains(reason) && !error.contains("ssword9"), "{url}: {error}");
        }
    }

    #[test]
    fn an_in_memory_database_is_refused() {
        for url in ["sqlite://:memory:", "sqlite::memory:", "sqlite://", "sqlite://file:x?mode=memory"] {
            assert!(matches!(read(url), Err(DatabaseError::InMemory)), "{url}");
        }
        assert!(matches!(read("mysql://localhost"), Err(DatabaseError::Scheme)));
        assert_eq!(read("sqlite://data/steward.db").unwrap().file(), Some("data/steward.db"));
    }

    proptest! {
        /// The password has 8 characters that occur nowhere else, with any others around and between them.
        #[test]
        fn no_part_of_a_password_is_shown(
            before in "[-#?/@:%\\[\\] \\\\é\n,&=a]{0,4}",
            between in "[-#?/@:%\\[\\] \\\\é\n,&=1]{0,3}",
            after in "[-#?/@:%\\[\\] \\\\é\n,&=5]{0,4}",
            place in 0..4,
        ) {
            let password = format!("{before}ZQXJ{between}KVWY{after}");
            let url = match place {
                0 => format!("postgres://user:{password}@host:5432/db?sslmode=disable"),
                1 => format!("postgresql://user:{password}@host/db"),
                2 => format!("postgres://host/db?user=u&password={password}"),
                _ => format!("sqlite://user:{password}@host/db"),
            };
            let shown = match read(&url) {
                Ok(url) => format!("{url} {url:?} {}", url.address()),
                Err(error) => format!("{error} {error:?}"),
            };
            for part in ["ZQX", "QXJ", "KVW", "VWY"] {
                prop_assert!(!shown.contains(part), "{shown}");
            }
        }

        #[test]
        fn libpq_gets_every_encoded_password(password in "\\PC{1,12}") {
            let encoded = utf8_percent_encode(&password, NON_ALPHANUMERIC).to_string();
            let url = for_libpq(&format!("postgres://u:{encoded}@h/db"));
            let kept = url.strip_prefix("postgres://u:").and_then(|rest| rest.strip_suffix("@h/db")).unwrap();
            prop_assert_eq!(percent_decode_str(kept).decode_utf8().unwrap(), password);
        }
    }
}
