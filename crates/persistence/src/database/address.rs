use percent_encoding::percent_decode_str;

use super::DatabaseError;

/// Where the database is, without any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseAddress {
    /// `PostgreSQL` or `SQLite`.
    pub system: &'static str,
    /// Host name, address or folder of the socket; `None` for an embedded database.
    pub host: Option<String>,
    /// TCP port; `None` for an embedded database.
    pub port: Option<u16>,
    /// The database's name, or its file.
    pub database: String,
}

/// What a URL says, taken apart.
pub(super) enum Target {
    /// A server, by its URL as libpq reads it.
    Postgres {
        /// Whether the URL insists on TLS.
        requires_tls: bool,
    },
    /// A file.
    Sqlite {
        /// Where it lies.
        path: String,
    },
}

/// Reads a database URL. Errors never quote it, since it may hold a password.
pub(super) fn read(url: &str) -> Result<(Target, DatabaseAddress), DatabaseError> {
    if let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) {
        return Ok(read_postgres(rest));
    }
    let Some(path) = url.strip_prefix("sqlite://") else {
        // `sqlite::memory:` is the form that others use.
        return Err(if url.contains(":memory:") { DatabaseError::InMemory } else { DatabaseError::Scheme });
    };
    // SQLite takes "" and ":memory:" for a database of one connection, and "file:" for a URI that can say the same.
    if path.is_empty() || path.contains(":memory:") || path.starts_with("file:") || path.contains("mode=memory") {
        return Err(DatabaseError::InMemory);
    }
    if path.contains('\0') {
        return Err(DatabaseError::Path);
    }
    let address = DatabaseAddress { system: "SQLite", host: None, port: None, database: path.to_owned() };
    Ok((Target::Sqlite { path: path.to_owned() }, address))
}

/// Reads what follows `postgres://`: `[user[:password]@][host][:port][,…][/database][?parameters]`, where the
/// parameters `host`, `port` and `dbname` win (libpq, section 34.1.1.2).
fn read_postgres(rest: &str) -> (Target, DatabaseAddress) {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameter = |name: &str| {
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| decode(v))
    };
    let (authority, database) = base.split_once('/').unwrap_or((base, ""));
    let (user_info, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let first = hosts.split(',').next().unwrap_or_default();
    // An IPv6 address stands in brackets, and holds colons of its own.
    let (host, port) = match first.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (first, None),
    };
    let user = decode(user_info.split(':').next().unwrap_or_default());
    let non_empty = |text: String| (!text.is_empty()).then_some(text);
    let address = DatabaseAddress {
        system: "PostgreSQL",
        host: parameter("host")
            .or_else(|| non_empty(decode(host.trim_start_matches('[').trim_end_matches(']'))))
            .or_else(|| Some("localhost".to_owned())),
        port: parameter("port").and_then(|port| port.parse().ok()).or(port).or(Some(5432)),
        database: parameter("dbname")
            .or_else(|| non_empty(decode(database)))
            .or_else(|| non_empty(user))
            .unwrap_or_else(|| "postgres".to_owned()),
    };
    let requires_tls = matches!(parameter("sslmode").as_deref(), Some("require" | "verify-ca" | "verify-full"));
    (Target::Postgres { requires_tls }, address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(url: &str) -> (String, u16, String, bool) {
        match read(url).unwrap() {
            (Target::Postgres { requires_tls }, address) => {
                (address.host.unwrap(), address.port.unwrap(), address.database, requires_tls)
            }
            (Target::Sqlite { .. }, _) => panic!("{url} is no PostgreSQL"),
        }
    }

    #[test]
    fn says_where_without_saying_the_password() {
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
        ] {
            assert_eq!(postgres(url), (host.to_owned(), port, database.to_owned(), tls), "{url}");
            assert!(!format!("{:?}", read(url).unwrap().1).contains("p%40ss"));
        }
    }

    #[test]
    fn a_database_that_would_vanish_is_refused() {
        for url in ["sqlite://:memory:", "sqlite::memory:", "sqlite://", "sqlite://file:x?mode=memory"] {
            assert!(matches!(read(url), Err(DatabaseError::InMemory)), "{url}");
        }
        assert!(matches!(read("mysql://localhost"), Err(DatabaseError::Scheme)));
        assert!(
            matches!(read("sqlite://data/steward.db"), Ok((Target::Sqlite { path }, _)) if path == "data/steward.db")
        );
    }
}
