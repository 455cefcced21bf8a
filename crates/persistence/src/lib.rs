//! The storage ports on Diesel: PostgreSQL and SQLite from one body per query.
//!
//! Each module uses only modules above it in this list:
//!
//! 1. `schema`, `timestamp`, `failure`: the tables, instants as both databases store them, errors.
//! 2. [`database`]: the pools, how connections are opened, migrations. It knows no table. `paging`: pages and sort
//!    keys.
//! 3. `shared_query`: concurrent callers share one query.
//! 4. `rows`: one file per table, with the rows that queries read and write.
//! 5. `dialect`: everything that must differ between the two databases, and nothing else.
//! 6. `statements`: statements that several ports need in a running transaction: lock and change a user, end sessions,
//!    supersede links, delete failed sign-ins, erase a user, write the record of a change.
//! 7. `account_exports`, `accounts`, `audit_log`, `deletions`, `idempotency_keys`, `invitations`, `links`,
//!    `login_attempts`, `outbox`, `profiles`, `segments`, `sessions`, `sign_ins`, `task_leases`, `users`: one file or
//!    folder per port. No port uses another.
//! 8. `activity_statistics`: a port that only reads, also by the counts of `sessions` and `users`.
//! 9. `operations`: questions and tasks of operators, as methods of [`Database`].
//!
//! How to add a query: write it once inside `each!(db, |conn| …)`, which type-checks it for both databases. A fragment
//! that is the same for both is a function with `#[auto_type]`. For SQL that differs, add a method to `Dialect`. How to
//! add a table: see `migrations/README.md`, then `schema` and `rows`.

#![deny(missing_docs)]

mod account_exports;
mod accounts;
mod activity_statistics;
mod audit_log;
pub mod database;
mod deletions;
mod dialect;
mod failure;
mod idempotency_keys;
mod invitations;
mod links;
mod login_attempts;
mod operations;
mod outbox;
mod paging;
#[cfg(test)]
mod plans;
mod profiles;
mod rows;
mod schema;
mod segments;
mod sessions;
mod shared_query;
mod sign_ins;
mod statements;
mod task_leases;
mod timestamp;
mod users;

pub use account_exports::SqlAccountExports;
pub use accounts::SqlAccounts;
pub use activity_statistics::SqlActivityStatistics;
pub use audit_log::SqlAuditLog;
pub use database::{
    Database, DatabaseAddress, DatabaseError, DatabaseSettings, DatabaseUrl, MigrationError, PoolState, SchemaState,
    StartFailure,
};
pub use deletions::SqlDeletions;
pub use idempotency_keys::SqlIdempotencyKeys;
pub use invitations::SqlInvitations;
pub use links::SqlLinks;
pub use login_attempts::SqlLoginAttempts;
pub use outbox::SqlOutbox;
pub use profiles::SqlProfiles;
pub use segments::SqlSegments;
pub use sessions::SqlSessions;
pub use sign_ins::SqlSignIns;
pub use task_leases::SqlTaskLeases;
pub use users::SqlUsers;
