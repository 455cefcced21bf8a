//! The database: two kinds behind one handle, connected lazily, asked from threads that may block.

mod address;
mod migrations;
mod parameters;
mod pool;
mod postgres;
pub(crate) mod schema_state;
mod sqlite;
mod start_failure;

use std::sync::Arc;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use secrecy::SecretString;
use steward_domain::ports::StoreError;

pub use address::{DatabaseAddress, DatabaseUrl};
pub use migrations::MigrationError;
pub use pool::PoolState;
pub use schema_state::SchemaState;
pub use start_failure::StartFailure;

use self::address::Target;
pub(crate) use self::migrations::wrong_encoding;
pub(crate) use self::pool::{Pool, lend};
pub(crate) use self::postgres::OWN_SESSION;
pub(crate) use self::sqlite::is_read_only as is_file_read_only;
use crate::failure::Failure;

/// Runs one body of Diesel on a connection of whichever database it is. The body is compiled once for each, so it is
/// checked and native on both.
macro_rules! each {
    ($database:expr, |$connection:ident| $body:expr) => {
        match $database.pools() {
            $crate::database::Pools::Postgres(pool) => $crate::database::lend(pool, |$connection| $body),
            $crate::database::Pools::Sqlite(pool) => $crate::database::lend(pool, |$connection| $body),
        }
    };
}
pub(crate) use each;

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `postgres://…`, `postgresql://…` or `sqlite://PATH`.
    pub url: SecretString,
    /// Most connections at a time, at least 1. They are opened when they are needed.
    pub pool_size: u32,
    /// How long to wait for a connection before storage counts as unavailable.
    pub pool_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
}

impl DatabaseSettings {
    /// The defaults for a database at this URL: 15 connections, waited for 3 s; statements of 10 s.
    pub fn new(url: SecretString) -> Self {
        Self { url, pool_size: 15, pool_timeout: Duration::from_secs(3), statement_timeout: Duration::from_secs(10) }
    }

    /// How long a statement may wait for a lock: less than it may take, so that the log names the lock.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.statement_timeout / 2
    }
}

const RIGHT: &str = "postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite://PATH";

/// A setting with which there is no database to be had, however long one waits.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL's scheme is none of ours.
    #[error("has a scheme that is not known; it must be {RIGHT}")]
    Scheme,
    /// The URL cannot be read, or holds what no database can be reached with.
    #[error("{0}; it must be {RIGHT}")]
    Malformed(String),
    /// SQLite without a file: each connection would see a database of its own, and all would vanish.
    #[error("must name a file, as in sqlite://data/steward.db: an in-memory database would vanish with its connection")]
    InMemory,
    /// A path that no file can have.
    #[error("holds a path that no file can have")]
    Path,
    /// The URL insists on TLS, which this build's libpq cannot do.
    #[error("asks for TLS (sslmode), but this binary was built without it: build with the feature pg-tls")]
    TlsUnsupported,
    /// SQLite's file or its folder cannot be made or opened.
    #[error("names {path}, which cannot be opened or made ({error}); it must name a file that this user may write")]
    File {
        /// What could not be made.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is something else.
    #[error("names {0}, which is not an SQLite database; it must name one, or a file that does not exist yet")]
    NotADatabase(String),
}

/// The two kinds of database.
pub(crate) enum Pools {
    /// A server.
    Postgres(Pool<PgConnection>),
    /// A file.
    Sqlite(Pool<SqliteConnection>),
}

/// A handle to the database; clones share its connections.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    pools: Pools,
    address: DatabaseAddress,
    url: SecretString,
    deadline: Duration,
    lock_timeout: Duration,
}

impl Database {
    /// Gets ready to talk to the database. Connections are opened in the background, so this returns at once whether
    /// or not the database is there: [`Database::ping`] tells. SQLite's folder (mode 0700) and file (mode 0600) are
    /// created if they are missing.
    pub fn connect(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let (target, address) = DatabaseUrl::parse(&settings.url)?.into_parts();
        let mut settings = settings.clone();
        let pools = match target {
            Target::Postgres { requires_tls: true, .. } if !cfg!(feature = "pg-tls") => {
                return Err(DatabaseError::TlsUnsupported);
            }
            Target::Postgres { url, .. } => {
                settings.url = url;
                Pools::Postgres(postgres::pool(&settings))
            }
            Target::Sqlite { path } => Pools::Sqlite(sqlite::pool(&path, &settings)?),
        };
        // Statements end by themselves. This is for a server that neither answers nor hangs up.
        let deadline = settings.pool_timeout + settings.statement_timeout + Duration::from_secs(2);
        let lock_timeout = settings.lock_timeout();
        Ok(Self(Arc::new(Inner { pools, address, url: settings.url, deadline, lock_timeout })))
    }

    /// Applies the migrations that are still to be applied, and returns the names of those that this call applied. Any
    /// number of processes may do so at once: one at a time applies a migration, the others wait, and all return once
    /// none is pending. Where none is pending nothing is written or locked. Afterwards [`Database::fold_texts`] and
    /// [`Database::respell_addresses`] have work to do.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let mut applied = Vec::new();
        let mut wait = migrations::Wait::new();
        loop {
            let database = self.clone();
            let attempt = move || match database.pools() {
                Pools::Postgres(_) => migrations::postgres(&postgres::migration_url(&database.0.url)),
                Pools::Sqlite(_) => migrations::sqlite(&database.0.address.database),
            };
            let attempt = tokio::task::spawn_blocking(attempt)
                .await
                .map_err(|error| MigrationError::Failed(Box::new(error)))??;
            applied.extend(attempt.applied);
            if !attempt.is_locked {
                return Ok(applied);
            }
            wait.pause().await;
        }
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.call(|database| each!(database, |conn| Ok(diesel::r2d2::R2D2Connection::ping(conn)?))).await
    }

    /// Where the database is.
    pub fn describe(&self) -> &DatabaseAddress {
        &self.0.address
    }

    /// How busy the connections are.
    pub fn pool_state(&self) -> PoolState {
        match self.pools() {
            Pools::Postgres(pool) => PoolState::of(pool),
            Pools::Sqlite(pool) => PoolState::of(pool),
        }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.0.pools
    }

    /// How long anybody waits for an answer.
    pub(crate) fn deadline(&self) -> Duration {
        self.0.deadline
    }

    /// How long a statement may wait for a lock.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.0.lock_timeout
    }

    /// Does blocking work on a thread that may block. The work goes on even if nobody waits for it any more.
    pub(crate) async fn call<T, E>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Failure<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.call_within(self.deadline(), work).await
    }

    /// The same for work of many statements, which may take longer than one.
    pub(crate) async fn call_within<T, E>(
        &self,
        deadline: Duration,
        work: impl FnOnce(&Self) -> Result<T, Failure<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let database = self.clone();
        let answer = tokio::task::spawn_blocking(move || work(&database));
        match tokio::time::timeout(deadline, answer).await {
            Ok(Ok(outcome)) => outcome.map_err(Failure::into_error),
            Ok(Err(panic)) => Err(StoreError::failed(panic).into()),
            Err(elapsed) => Err(StoreError::unavailable(elapsed).into()),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(&self.0.address).finish()
    }
}
