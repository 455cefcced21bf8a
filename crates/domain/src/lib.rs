//! What an account is, who may do what, and what the outside must offer for it.
//!
//! - [`values`]: user id, e-mail address, name, password, role, page, cursor. Each can only be made by parsing,
//!   so a value that exists is valid.
//! - [`user`], [`session`], [`audit`], [`statistics`]: the entities.
//! - [`policy`]: who may do what, as one table and one pure function.
//! - [`ports`]: what the use cases need of storage, time and randomness. Adapters live in other crates.
//!
//! No I/O happens here, and nothing here knows of HTTP, SQL or an async runtime.

#![deny(missing_docs)]

pub mod audit;
pub mod policy;
pub mod ports;
pub mod session;
pub mod statistics;
pub mod user;
pub mod values;

pub use audit::{Acting, Action, AuditEntry, AuditFilter, AuditRecord, Origin};
pub use session::{AuthenticatedSession, NewSession, SessionId};
pub use statistics::UserStatistics;
pub use user::{Actor, NewUser, PasswordHash, User, UserChange, UserFilter, UserSort};
pub use values::{
    Cursor, DisplayName, Email, Invalid, Order, Page, PageRequest, PageSize, Password, PasswordAttempt, Position, Role,
    SearchTerm, Total, UserId,
};

/// An instant in UTC. Storage keeps microseconds, so use [`truncate`] where an instant must survive a round trip.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Cuts an instant to the microseconds that every storage keeps.
pub fn truncate(at: Timestamp) -> Timestamp {
    chrono::DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
