//! Servers that all tests of a run share. `cargo xtask test` starts them (`STEWARD_TEST_POSTGRES_URL`,
//! `STEWARD_TEST_REDIS_URL`); otherwise each test process starts its own.

use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::OnceCell;

use super::{Chromedriver, Postgres, Redis, ServerError, sql};

/// The variable with the URL of the shared PostgreSQL. Its role must be able to create databases.
pub const POSTGRES_URL: &str = "STEWARD_TEST_POSTGRES_URL";
/// The variable with the URL of the shared Redis.
pub const REDIS_URL: &str = "STEWARD_TEST_REDIS_URL";

/// The URL of the shared PostgreSQL.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    URL.get_or_init(|| given(POSTGRES_URL).unwrap_or_else(|| SERVER.get_or_init(|| ready(Postgres::start())).url()))
}

/// The URL of the shared Redis. Each test uses its own keys.
pub fn redis_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    static SERVER: OnceLock<Redis> = OnceLock::new();
    URL.get_or_init(|| given(REDIS_URL).unwrap_or_else(|| SERVER.get_or_init(|| ready(Redis::start())).url()))
}

/// The driver that starts browsers; it ends with this test process.
pub fn chromedriver() -> &'static Chromedriver {
    static DRIVER: OnceLock<Chromedriver> = OnceLock::new();
    DRIVER.get_or_init(|| ready(Chromedriver::start()))
}

fn given(variable: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not of the product")]
    std::env::var(variable).ok().filter(|url| !url.is_empty())
}

fn ready<T>(server: Result<T, ServerError>) -> T {
    server.unwrap_or_else(|error| panic!("{error}"))
}

/// A database of the shared PostgreSQL for one test. It is dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// An empty database with the C locale and UTF-8.
    pub fn empty() -> Self {
        Self::create("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs one statement in it, and returns its rows, one per line, with columns separated by `|`.
    pub fn run(&self, statement: &str) -> Result<String, ServerError> {
        sql::run(&self.url, statement)
    }

    /// Ends every other connection of a client to it. Connections of the server itself, such as those of autovacuum,
    /// belong to the superuser and stay.
    pub fn terminate_connections(&self) {
        let server = postgres_url();
        let terminate = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = '{}' AND backend_type = 'client backend'",
            self.name
        );
        ready(sql::run(server, &terminate));
    }

    fn create(how: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("test_{}_{}", process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let server = postgres_url();
        ready(sql::run(server, &format!("CREATE DATABASE {name} {how}")));
        Self { url: with_database(server, &name), name }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = sql::run(postgres_url(), &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A migrated database to copy for each test, which is faster than migrating each time. It should be a `static`.
#[derive(Debug)]
pub struct Template {
    locale: Option<&'static str>,
    database: OnceCell<String>,
}

impl Template {
    /// A template with the C locale, which knows only ASCII letters. A query that needs the database to fold other
    /// letters fails here.
    #[expect(clippy::new_without_default, reason = "it is created in a static")]
    pub const fn new() -> Self {
        Self { locale: None, database: OnceCell::const_new() }
    }

    /// A template that collates by this ICU locale (`und` for any). Needs PostgreSQL 15 or later.
    pub const fn in_locale(locale: &'static str) -> Self {
        Self { locale: Some(locale), database: OnceCell::const_new() }
    }

    /// A new copy. The first call creates the template and runs `migrate` with its URL.
    pub async fn database(&self, migrate: impl AsyncFnOnce(&str)) -> TestDatabase {
        let name = self.database.get_or_init(async || self.create(migrate).await).await;
        TestDatabase::create(&format!("TEMPLATE {name}"))
    }

    async fn create(&self, migrate: impl AsyncFnOnce(&str)) -> String {
        let how = match self.locale {
            None => "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'".to_owned(),
            Some(locale) => format!("TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE '{locale}'"),
        };
        let database = TestDatabase::create(&how);
        migrate(&database.url).await;
        // PostgreSQL does not copy a database with open connections, such as those of a pool that is closing.
        let server = postgres_url();
        ready(sql::run(server, &format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name)));
        database.terminate_connections();
        // The template is kept for later tests and is deleted with the server.
        let name = database.name.clone();
        std::mem::forget(database);
        name
    }
}

/// The URL of `server` with another database and the same parameters.
fn with_database(server: &str, database: &str) -> String {
    let (address, parameters) = server.split_once('?').map_or((server, None), |(a, p)| (a, Some(p)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let end = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    let parameters = parameters.map_or_else(String::new, |parameters| format!("?{parameters}"));
    format!("{}/{database}{parameters}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(with_database("postgres://a:b@h:1/x", "y"), "postgres://a:b@h:1/y");
        assert_eq!(with_database("postgres://h:1", "y"), "postgres://h:1/y");
        assert_eq!(with_database("postgres://h/x?sslmode=disable", "y"), "postgres://h/y?sslmode=disable");
    }
}
