//! What the use cases need of the outside. Adapters: `persistence` (PostgreSQL, SQLite), `ephemeral` (Redis,
//! memory), `steward` (time, randomness).
//!
//! How to add one: a file here with an object-safe `#[async_trait]` trait of a few methods, each with what it MUST
//! do; a suite in `testkit::contracts`; an implementation per adapter, each run through the suite.

mod accounts;
mod audit_log;
mod clock;
mod ids;
mod replay;
mod sessions;
mod store_error;
mod users;

pub use accounts::{AccountCredentials, Accounts, CreateError};
pub use audit_log::AuditLog;
pub use clock::Clock;
pub use ids::IdGenerator;
pub use replay::ReplayGuard;
pub use sessions::Sessions;
pub use store_error::StoreError;
pub use users::{ChangeError, Decide, Standing, UniqueKey, Users};
