//! Applies the migrations. One process at a time does so, and the others wait.

use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use diesel_migrations::MigrationHarness;
use secrecy::{ExposeSecret, SecretString};

use super::migration_error::MigrationError;
use super::schema_state::{self, POSTGRES, SQLITE, SchemaState};
use super::sqlite;

/// The number of the advisory lock, which must be the same in every release.
const LOCK: i64 = 0x5354_4557_4152_4400;

/// The time between two attempts while another process migrates. It doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The wait after which it is logged first. The time until the next log line doubles each time.
const FIRST_REPORT: Duration = Duration::from_secs(1);

/// The outcome of one attempt to migrate.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    pub(super) applied: Vec<String>,
    /// Whether another process migrates, so that more migrations may be pending.
    pub(super) is_locked: bool,
}

/// Waits for another process that migrates, without a limit, and logs the wait.
pub(super) struct Wait {
    start: Instant,
    pause: Duration,
    report_after: Duration,
}

impl Wait {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), pause: FIRST_WAIT, report_after: FIRST_REPORT }
    }

    pub(super) async fn pause(&mut self) {
        let waited = self.start.elapsed();
        if waited >= self.report_after {
            tracing::info!(waited_seconds = waited.as_secs(), "waiting for another process that migrates the database");
            self.report_after = waited * 2;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_WAIT);
    }
}

/// The outcome of one transaction.
enum Step {
    Applied(String),
    Locked,
    UpToDate,
}

/// Applies one migration after the other. Each transaction takes the lock and releases it at its end. A lock of the
/// session would need a second connection, which a pooler may not have, or remain in a connection of the pooler.
pub(super) fn postgres(url: &SecretString) -> Result<Attempt, MigrationError> {
    let mut connection = connect(url)?;
    let is_pending = connection.build_transaction().read_committed().run(|connection| {
        let state = schema_state::of_postgres(connection)?;
        if state.pending.is_empty() {
            return Ok(false);
        }
        check_postgres(connection, &state).map(|()| true)
    });
    let mut attempt = Attempt::default();
    if !is_pending? {
        return Ok(attempt);
    }
    loop {
        // Read committed, so that it sees the commits of the process that had the lock.
        match connection.build_transaction().read_committed().run(apply_next)? {
            Step::Applied(name) => attempt.applied.push(name),
            Step::Locked => return Ok(Attempt { is_locked: true, ..attempt }),
            Step::UpToDate => return Ok(attempt),
        }
    }
}

/// Opens a connection without prepared statements, which would remain in the connection of a pooler.
fn connect(url: &SecretString) -> Result<PgConnection, MigrationError> {
    let mut connection =
        PgConnection::establish(url.expose_secret()).map_err(|error| MigrationError::Connection(Box::new(error)))?;
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    Ok(connection)
}

/// Takes the lock, and applies the next pending migration. The time-outs of the role do not apply, because building an
/// index may take long.
fn apply_next(connection: &mut PgConnection) -> Result<Step, MigrationError> {
    connection.batch_execute(
        "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
        SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL standard_conforming_strings = on",
    )?;
    // Does not wait for the lock, so that the wait is logged, and a connection of a pooler is free during it.
    let lock = sql::<Bool>("pg_try_advisory_xact_lock(").bind::<BigInt, _>(LOCK).sql(")");
    if !diesel::select(lock).get_result::<bool>(connection)? {
        return Ok(Step::Locked);
    }
    if !connection.has_pending_migration(POSTGRES).map_err(MigrationError::Failed)? {
        return Ok(Step::UpToDate);
    }
    Ok(Step::Applied(connection.run_next_migration(POSTGRES).map_err(MigrationError::Failed)?.to_string()))
}

#[derive(diesel::QueryableByName)]
struct Rights {
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Bool)]
    is_read_only: bool,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<Text>)]
    schema: Option<String>,
    #[diesel(sql_type = Bool)]
    may_create: bool,
    #[diesel(sql_type = Bool)]
    is_owner: bool,
}

/// Checks that the role may migrate the database, and that the database is suitable.
fn check_postgres(connection: &mut PgConnection, state: &SchemaState) -> Result<(), MigrationError> {
    let rights: Rights = diesel::sql_query(
        "SELECT current_setting('server_encoding') AS encoding,
            current_setting('transaction_read_only')::boolean AS is_read_only, quote_ident(current_user) AS role,
            quote_ident(current_schema()) AS schema,
            coalesce(has_schema_privilege(current_schema()::text, 'CREATE'), false) AS may_create,
            NOT EXISTS (
                SELECT FROM pg_class WHERE oid = to_regclass('users') AND NOT pg_has_role(relowner, 'USAGE')
            ) AS is_owner",
    )
    .get_result(connection)?;
    if state.applied == 0 && rights.encoding != "UTF8" {
        return Err(MigrationError::Unsuitable(wrong_encoding(&rights.encoding)));
    }
    let role = &rights.role;
    let reason = match &rights.schema {
        _ if rights.is_read_only => "the database is read-only: run `steward migrate` on its primary".to_owned(),
        None => format!(
            "the role {role} may use no schema of its search path: run GRANT USAGE ON SCHEMA public TO {role}, or set \
             search_path to the schema of the tables"
        ),
        Some(_) if !rights.is_owner => format!(
            "the role {role} does not own the tables: run `steward migrate` with the DATABASE_URL of the role that does"
        ),
        Some(schema) if !rights.may_create => format!(
            "the role {role} may not create tables: run GRANT CREATE ON SCHEMA {schema} TO {role}, or `steward migrate` \
             with the DATABASE_URL of a role that may"
        ),
        Some(_) => return Ok(()),
    };
    Err(MigrationError::NotAllowed { pending: state.pending.len(), reason })
}

/// The defect of a database with another encoding than UTF-8, and its fix.
pub(crate) fn wrong_encoding(encoding: &str) -> String {
    format!(
        "the database has the encoding {encoding}, which cannot hold every name: make one with CREATE DATABASE … \
         ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"
    )
}

/// Migrates in one exclusive transaction.
pub(super) fn sqlite(path: &str) -> Result<Attempt, MigrationError> {
    let mut connection = sqlite::open(path).map_err(|error| MigrationError::Connection(Box::new(error)))?;
    let state = schema_state::of_sqlite(&mut connection)?;
    let is_read_only = sqlite::is_read_only(path);
    let mut attempt = Attempt::default();
    if !state.pending.is_empty() {
        if is_read_only {
            let reason = format!("{path} is read-only: make it writable, or run `steward migrate` where it is");
            return Err(MigrationError::NotAllowed { pending: state.pending.len(), reason });
        }
        check_sqlite(&mut connection, &state)?;
        let applied = connection.exclusive_transaction(|connection| {
            let applied = connection.run_pending_migrations(SQLITE).map_err(MigrationError::Failed)?;
            Ok::<_, MigrationError>(applied.iter().map(ToString::to_string).collect())
        });
        attempt.applied = match applied {
            Err(MigrationError::Failed(error)) if error.to_string().contains("database is locked") => {
                return Ok(Attempt { is_locked: true, ..attempt });
            }
            applied => applied?,
        };
    }
    if !is_read_only {
        // Creates the table of statistics now. Creating it later would change the schema while another connection
        // prepares a statement, which then fails.
        connection.batch_execute("PRAGMA optimize = 0x10002")?;
    }
    Ok(attempt)
}

/// Checks that the encoding is UTF-8: SQLite compares the bytes of texts, which does not sort UTF-16 by code point.
fn check_sqlite(connection: &mut SqliteConnection, state: &SchemaState) -> Result<(), MigrationError> {
    let encoding: String =
        diesel::select(sql::<Text>("(SELECT encoding FROM pragma_encoding)")).get_result(connection)?;
    if state.applied > 0 || encoding == "UTF-8" {
        return Ok(());
    }
    Err(MigrationError::Unsuitable(format!(
        "the file has the encoding {encoding}, and must have UTF-8: name a new file"
    )))
}

impl From<diesel::result::Error> for MigrationError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

#[cfg(test)]
mod tests;
