//! What operators and the start of the program ask of a database: its state, its defects, and tasks after a migration.

mod origin_keys;
mod postgres;
mod spellings;

use diesel::RunQueryDsl;
use diesel::dsl::sql;
use diesel::sql_types::{Bool, Timestamptz};
use steward_domain::Timestamp;
use steward_domain::ports::StoreError;

use crate::database::{Database, Pools, SchemaState, each, is_file_read_only, lend, schema_state};
use crate::dialect::Dialect;

/// The number of texts that one transaction folds. It takes a fraction of a second, in which other writers may wait.
const TEXTS_PER_TRANSACTION: i64 = 2_000;

impl Database {
    /// Which migrations are applied. Changes nothing.
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        self.call(|database| match database.pools() {
            Pools::Postgres(pool) => {
                lend(pool, |conn| Ok(schema_state::of_postgres(conn).map_err(StoreError::failed)?))
            }
            Pools::Sqlite(pool) => lend(pool, |conn| Ok(schema_state::of_sqlite(conn).map_err(StoreError::failed)?)),
        })
        .await
    }

    /// The features that the database lacks and that the service works without, but worse: texts for an operator, each
    /// with its fix. The migrations must be applied before.
    pub async fn missing_features(&self) -> Result<Vec<String>, StoreError> {
        let mut missing = self
            .call(|database| match database.pools() {
                Pools::Postgres(pool) => lend(pool, |conn| Ok(postgres::missing_features(conn)?)),
                Pools::Sqlite(_) => Ok(Vec::new()),
            })
            .await?;
        missing.extend(self.call(spellings::remark).await?);
        if self.is_read_only().await? {
            missing.push("the database is read-only: reads are answered, and changes are refused with 503".to_owned());
        }
        Ok(missing)
    }

    /// The defects with which the service does not work: texts for an operator, each with its fix.
    pub async fn defects(&self) -> Result<Vec<String>, StoreError> {
        self.call(|database| match database.pools() {
            Pools::Postgres(pool) => lend(pool, |conn| Ok(postgres::defects(conn)?)),
            Pools::Sqlite(_) => Ok(Vec::new()),
        })
        .await
    }

    /// Whether the database refuses changes, as a standby server or a read-only file does.
    pub async fn is_read_only(&self) -> Result<bool, StoreError> {
        self.call(|database| match database.pools() {
            Pools::Postgres(pool) => lend(pool, |conn| {
                let setting = sql::<Bool>("current_setting('transaction_read_only')::boolean");
                Ok(diesel::select(setting).get_result(conn)?)
            }),
            Pools::Sqlite(_) => Ok(is_file_read_only(&database.describe().database)),
        })
        .await
    }

    /// The time of the database server; `None` for an embedded database, which has no clock of its own.
    pub async fn now(&self) -> Result<Option<Timestamp>, StoreError> {
        self.call(|database| match database.pools() {
            Pools::Postgres(pool) => {
                lend(pool, |conn| Ok(Some(diesel::select(sql::<Timestamptz>("clock_timestamp()")).get_result(conn)?)))
            }
            Pools::Sqlite(_) => Ok(None),
        })
        .await
    }

    /// Writes lines into the log of the database server. An embedded database has none.
    pub async fn write_to_server_log(&self, lines: Vec<String>) -> Result<(), StoreError> {
        self.call(move |database| match database.pools() {
            Pools::Postgres(pool) => {
                lend(pool, |conn| Ok(lines.iter().try_for_each(|line| postgres::write_to_server_log(conn, line))?))
            }
            Pools::Sqlite(_) => Ok(()),
        })
        .await
    }

    /// Folds a batch of the texts for searching that are not folded by the rules of this release: after a migration all
    /// existing ones, later those that other programs write. Returns whether more may remain; the caller repeats the
    /// call until none do. A call resumes where the last one stopped. Any number of processes may call it at once. A
    /// read-only database stays as it is.
    pub async fn fold_texts(&self) -> Result<bool, StoreError> {
        if self.is_read_only().await? {
            return Ok(false);
        }
        self.call(|database| each!(database, |conn| conn.write(|conn| Ok(conn.fold_some(TEXTS_PER_TRANSACTION)?))))
            .await
    }
}
