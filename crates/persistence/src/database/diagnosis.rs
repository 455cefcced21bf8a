//! What an operator wants to know of a database that is there.

use diesel::RunQueryDsl;
use diesel::dsl::sql;
use diesel::sql_types::Timestamptz;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use steward_domain::Timestamp;
use steward_domain::ports::StoreError;

use super::{Database, Pools, lend, migrations};

impl Database {
    /// How many migrations are still to be applied.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        self.call(|database| match database.pools() {
            Pools::Postgres(pool) => lend(pool, |conn| Ok(pending(conn, migrations::POSTGRES)?)),
            Pools::Sqlite(pool) => lend(pool, |conn| Ok(pending(conn, migrations::SQLITE)?)),
        })
        .await
    }

    /// What time it is for the database; `None` for an embedded one, which has no clock of its own.
    pub async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        self.call(|database| match database.pools() {
            Pools::Postgres(pool) => {
                lend(pool, |conn| Ok(Some(diesel::select(sql::<Timestamptz>("clock_timestamp()")).get_result(conn)?)))
            }
            Pools::Sqlite(_) => Ok(None),
        })
        .await
    }
}

fn pending<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<usize, StoreError> {
    connection.pending_migrations(migrations).map(|pending| pending.len()).map_err(StoreError::failed)
}
