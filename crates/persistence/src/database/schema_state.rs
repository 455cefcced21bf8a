//! Which migrations are applied: found out by reading alone, so that any role may ask and a read-only database answers.

use diesel::backend::Backend;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::MigrationError;
use super::migrations::{POSTGRES, SQLITE};

diesel::table! {
    /// Kept by Diesel.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// How the schema of a database compares with what this release knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// Names of the migrations that are still to be applied.
    pub pending: Vec<String>,
    /// Versions of applied migrations that this release does not know: a newer one has applied them.
    pub unknown: Vec<String>,
    /// How many are applied.
    pub applied: usize,
}

pub(crate) fn of_postgres(conn: &mut PgConnection) -> Result<SchemaState, MigrationError> {
    let is_new = diesel::select(sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NULL")).get_result(conn)?;
    let applied = if is_new {
        Vec::new()
    } else {
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?
    };
    compare::<Pg>(applied, &POSTGRES)
}

pub(crate) fn of_sqlite(conn: &mut SqliteConnection) -> Result<SchemaState, MigrationError> {
    let is_there = "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')";
    let is_new = !diesel::select(sql::<Bool>(is_there)).get_result::<bool>(conn)?;
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
            Some(place) => drop(unknown.swap_remove(place)),
            None => pending.push(migration.name().to_string()),
        }
    }
    pending.sort_unstable();
    unknown.sort_unstable();
    Ok(SchemaState { pending, unknown, applied })
}
