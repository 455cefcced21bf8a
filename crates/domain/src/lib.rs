//! Entities, value objects, policy and ports of user accounts.
//!
//! - [`values`]: user id, e-mail address, name, password, role, page, cursor. Parsing is their only constructor, so
//!   every value is valid.
//! - [`user`], [`session`], [`audit`], [`statistics`]: the entities.
//! - [`Record`]: the audit entry of a change, with the messages and jobs that the change causes.
//! - [`UserVersion`]: the version of a user that a client has, for conditional updates.
//! - [`activity`]: registrations, sign-ins and active users by day, week or month.
//! - [`device`]: a readable name for a user agent.
//! - [`policy`]: permissions, as one table and one pure function.
//! - `password_policy` (a feature): the requirements for new passwords.
//! - [`lockout`]: protection against password guessing.
//! - [`sign_in`], [`timeline`]: failed sign-ins, and the history of an account.
//! - [`rate_limit`]: rate limits and their arithmetic.
//! - [`segment`]: filters of the user list that administrators save.
//! - [`ports`]: the interfaces to storage, time and randomness. Other crates implement them.
//!
//! This crate does no I/O and does not depend on HTTP, SQL or an async runtime.

#![deny(missing_docs)]

pub mod activity;
pub mod audit;
pub mod device;
pub mod lockout;
#[cfg(feature = "password-policy")]
pub mod password_policy;
pub mod policy;
pub mod ports;
pub mod rate_limit;
mod record;
pub mod segment;
pub mod session;
pub mod sign_in;
pub mod statistics;
pub mod timeline;
pub mod user;
mod user_version;
pub mod values;

pub use activity::{ActivityCounts, ActivityOverview, ActivityRange, Interval};
pub use audit::{Action, ActorKind, ActorSession, AuditEntry, AuditFilter, AuditRecord, Origin};
pub use lockout::{DeviceId, LockState, LockoutRule, LockoutRules, Network, Source};
#[cfg(feature = "password-policy")]
pub use password_policy::{PasswordPolicy, PasswordReport, PersonalFacts, Weakness};
pub use rate_limit::{Quota, RatePeriod};
pub use record::{NewJob, NewMessage, Record};
pub use segment::{Segment, SegmentName, SegmentQuery};
pub use session::{
    AuthenticatedSession, NewSession, RefreshOutcome, Rotation, SessionFilter, SessionId, SessionRecord,
    SessionSelector, TokenHash,
};
pub use sign_in::{FailedSignIn, FailureReason};
pub use statistics::UserStatistics;
pub use timeline::{TimelineCursor, TimelineEvent, TimelineItem, TimelinePage};
pub use user::{Actor, LastLogin, NewUser, PasswordHash, User, UserChange, UserFilter, UserSort};
pub use user_version::UserVersion;
pub use values::{
    Cursor, DisplayName, Email, Invalid, Order, Page, PageRequest, PageSize, Password, PasswordAttempt, Position,
    ReservedIds, Role, SearchTerm, TimeSpan, Total, UserId, search_fold,
};

/// An instant in UTC. Storage keeps microseconds, so use [`truncate`] where an instant must survive a round trip.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Cuts an instant to the microseconds that every storage keeps.
pub fn truncate(at: Timestamp) -> Timestamp {
    chrono::DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
