//! The applied and pending migrations. The queries only read, so that they work for any role and on a read-only
//! database.

use diesel::backend::Backend;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::migration_error::MigrationError;

/// The migrations that are embedded in this binary.
pub(super) const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

diesel::table! {
    /// Maintained by Diesel.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// The migrations of a database, compared with those of this release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// The names of the pending migrations.
    pub pending: Vec<String>,
    /// The versions of applied migrations that this release does not have: a newer release applied them.
    pub unknown: Vec<String>,
    /// The number of applied migrations.
    pub applied: usize,
}

/// The state of a PostgreSQL database.
pub(crate) fn of_postgres(conn: &mut PgConnection) -> Result<SchemaState, MigrationError> {
    let is_new = diesel::select(sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NULL")).get_result(conn)?;
    let applied = if is_new {
        Vec::new()
    } else {
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?
    };
    compare::<Pg>(applied, &POSTGRES)
}

/// The state of an SQLite database.
pub(crate) fn of_sqlite(conn: &mut SqliteConnection) -> Result<SchemaState, MigrationError> {
    let exists = "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')";
    let is_new = !diesel::select(sql::<Bool>(exists)).get_result::<bool>(conn)?;
    let applied = if is_new {
        Vec::new()
    } else {
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?
    };
    compare::<Sqlite>(applied, &SQLITE)
}

fn compare<DB: Backend>(
    mut unknown: Vec<String>,
    known: &impl MigrationSource<DB>,
) -> Result<SchemaState, MigrationError> {
    let applied = unknown.len();
    let mut pending = Vec::new();
    for migration in known.migrations().map_err(MigrationError::Failed)? {
        let version = migration.name().version().to_string();
        match unknown.iter().position(|applied| *applied == version) {
            Some(index) => drop(unknown.swap_remove(index)),
            None => pending.push(migration.name().to_string()),
        }
    }
    pending.sort_unstable();
    unknown.sort_unstable();
    Ok(SchemaState { pending, unknown, applied })
}
