//! The database: PostgreSQL and SQLite behind one handle. Connections are opened when they are needed, and queries run
//! on threads that may block.

mod address;
mod migration_error;
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
use steward_domain::ports::StoreError;

pub use address::{DatabaseAddress, DatabaseUrl};
pub use migration_error::MigrationError;
pub use pool::PoolState;
pub use schema_state::SchemaState;
pub use start_failure::StartFailure;

use self::address::Target;
pub(crate) use self::migrations::wrong_encoding;
pub(crate) use self::pool::{Pool, lend};
pub(crate) use self::postgres::OWN_SESSION;
pub(crate) use self::sqlite::is_read_only as is_file_read_only;
use crate::failure::Failure;

/// Runs a body of Diesel on a connection of the database. The body is compiled for each kind of database, so it is
/// type-checked for both.
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
    /// The database.
    pub url: DatabaseUrl,
    /// The maximum number of connections, at least 1. They are opened when they are needed.
    pub pool_size: u32,
    /// The maximum time to wait for a connection. After it, storage counts as unavailable.
    pub pool_timeout: Duration,
    /// The maximum time that one statement takes.
    pub statement_timeout: Duration,
}

impl DatabaseSettings {
    /// The defaults for a database at this URL: 15 connections, a wait of 3 s for one, statements of 10 s.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, pool_size: 15, pool_timeout: Duration::from_secs(3), statement_timeout: Duration::from_secs(10) }
    }

    /// The maximum time that a statement waits for a lock. It is shorter than the statement's own, so that the log
    /// names the lock.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.statement_timeout / 2
    }
}

const EXPECTED: &str = "postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite://PATH";

/// A setting with which no database can ever be reached.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL has an unknown scheme.
    #[error("has an unknown scheme; it must be {EXPECTED}")]
    Scheme,
    /// The URL is malformed, or contains a part with which no database can be reached.
    #[error("{0}; it must be {EXPECTED}")]
    Malformed(String),
    /// SQLite without a file: each connection would have its own database, which is lost when it closes.
    #[error("must name a file, as in sqlite://data/steward.db: an in-memory database is lost with its connection")]
    InMemory,
    /// The path is not valid.
    #[error("has a path that is not valid")]
    Path,
    /// The URL requires TLS, which the libpq of this build does not support.
    #[error("asks for TLS (sslmode), but this binary was built without it: build with the feature pg-tls")]
    TlsUnsupported,
    /// The SQLite file or its folder cannot be created or opened.
    #[error("names {path}, which cannot be opened or created ({error}); it must name a file that this user may write")]
    File {
        /// The path of the file.
        path: String,
        /// The cause.
        error: std::io::Error,
    },
    /// The file is not an SQLite database.
    #[error("names {0}, which is not an SQLite database; it must name one, or a file that does not exist yet")]
    NotADatabase(String),
}

impl DatabaseError {
    /// The URL is malformed for this reason.
    fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }
}

/// The pool of either kind of database.
pub(crate) enum Pools {
    /// Of a PostgreSQL server.
    Postgres(Pool<PgConnection>),
    /// Of an SQLite file.
    Sqlite(Pool<SqliteConnection>),
}

/// A handle to the database; clones share its connections.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    pools: Pools,
    url: DatabaseUrl,
    deadline: Duration,
    lock_timeout: Duration,
}

impl Database {
    /// Creates the handle. Connections are opened in the background, so this returns at once even if the database is
    /// unavailable; [`Database::ping`] checks that. The folder (mode 0700) and the file (mode 0600) of SQLite are
    /// created if they do not exist.
    pub fn connect(settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        let pools = match settings.url.target() {
            Target::Postgres { requires_tls: true, .. } if !cfg!(feature = "pg-tls") => {
                return Err(DatabaseError::TlsUnsupported);
            }
            Target::Postgres { url, .. } => Pools::Postgres(postgres::create_pool(url, settings)),
            Target::Sqlite { path } => Pools::Sqlite(sqlite::create_pool(path, settings)?),
        };
        // Statements have their own time-out. This one is for a server that neither responds nor closes the connection.
        let deadline = settings.pool_timeout + settings.statement_timeout + Duration::from_secs(2);
        let lock_timeout = settings.lock_timeout();
        Ok(Self(Arc::new(Inner { pools, url: settings.url.clone(), deadline, lock_timeout })))
    }

    /// Applies the pending migrations, and returns the names of those that this call applied. Any number of processes
    /// may call it at once: one at a time applies a migration, the others wait, and all return when none is pending.
    /// Without a pending migration nothing is written or locked. [`Database::fold_texts`],
    /// [`Database::respell_addresses`] and [`Database::add_origin_keys`] must run afterwards, in this process or in a
    /// worker.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let mut applied = Vec::new();
        let mut wait = migrations::Wait::new();
        loop {
            let database = self.clone();
            let attempt = move || match database.0.url.target() {
                Target::Postgres { url, .. } => migrations::postgres(&postgres::migration_url(url)),
                Target::Sqlite { path } => migrations::sqlite(path),
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

    /// Checks that the database responds.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.call(|database| each!(database, |conn| Ok(diesel::r2d2::R2D2Connection::ping(conn)?))).await
    }

    /// The address of the database.
    pub fn describe(&self) -> &DatabaseAddress {
        self.0.url.address()
    }

    /// The state of the connection pool.
    pub fn pool_state(&self) -> PoolState {
        match self.pools() {
            Pools::Postgres(pool) => PoolState::of(pool),
            Pools::Sqlite(pool) => PoolState::of(pool),
        }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.0.pools
    }

    /// The maximum time that a caller waits for a result.
    pub(crate) fn deadline(&self) -> Duration {
        self.0.deadline
    }

    /// The maximum time that a statement waits for a lock.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.0.lock_timeout
    }

    /// Runs blocking work on a thread that may block. The work continues if the caller stops waiting.
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

    /// [`Database::call`] with another deadline, for work of many statements.
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
        let task = tokio::task::spawn_blocking(move || work(&database));
        match tokio::time::timeout(deadline, task).await {
            Ok(Ok(outcome)) => outcome.map_err(Failure::into_error),
            Ok(Err(panic)) => Err(StoreError::failed(panic).into()),
            Err(elapsed) => Err(StoreError::unavailable(elapsed).into()),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(self.0.url.address()).finish()
    }
}
