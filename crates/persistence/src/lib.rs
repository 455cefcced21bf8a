//! The storage ports on Diesel: PostgreSQL and SQLite from one body per query.
//!
//! - [`database`]: the pools, how connections are opened, migrations, health.
//! - `dialect`: everything that must differ between the two databases, and nothing else does.
//! - `batcher`: look-ups that arrive together share one query.
//! - `users`, `accounts`, `sessions`, `login_attempts`, `sign_ins`, `audit_log`, `activity_statistics`, `segments`: one
//!   file per port, with its rows; `change`: the one way in which an administrator changes a user; `change_password`:
//!   how users replace their own password; `paging`: what lists have in common.
//! - `spellings`: addresses that earlier releases stored in another spelling.
//! - `schema`, `moment`: the tables, and instants as both databases keep them.
//!
//! How to add a query: write it once inside `each!(db, |conn| …)`, which type-checks it for both databases. Where
//! that cannot be, add a method to `Dialect`. How to add a table: see `migrations/README.md`, then `schema`.

#![deny(missing_docs)]

mod accounts;
mod activity_statistics;
mod audit_log;
mod batcher;
pub mod database;
mod dialect;
mod failure;
mod login_attempts;
mod operations;
mod paging;
#[cfg(test)]
mod plans;
mod rows;
mod schema;
mod segments;
mod sessions;
mod sign_ins;
mod statements;
mod timestamp;
mod users;

pub use accounts::SqlAccounts;
pub use activity_statistics::SqlActivityStatistics;
pub use audit_log::SqlAuditLog;
pub use database::{
    Database, DatabaseAddress, DatabaseError, DatabaseSettings, DatabaseUrl, MigrationError, PoolState, SchemaState,
    StartFailure,
};
pub use login_attempts::SqlLoginAttempts;
pub use segments::SqlSegments;
pub use sessions::SqlSessions;
pub use sign_ins::SqlSignIns;
pub use users::SqlUsers;
