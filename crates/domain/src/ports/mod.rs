//! What the use cases need of the outside. Adapters: `persistence` (PostgreSQL, SQLite), `ephemeral` (Redis,
//! memory), `steward` (time, randomness).
//!
//! How to add one: a file here with an object-safe `#[async_trait]` trait of a few methods, each with what it MUST
//! do; a suite in `testkit::contracts`; an implementation per adapter, each run through the suite.

mod accounts;
mod activity_statistics;
mod audit_log;
mod clock;
mod ids;
mod login_attempts;
mod rate_limiter;
mod replay;
mod segments;
mod sessions;
mod sign_ins;
mod store_error;
mod users;

pub use accounts::{AccountCredentials, Accounts, CreateError, PasswordChange, PasswordChangeError};
pub use activity_statistics::ActivityStatistics;
pub use audit_log::AuditLog;
pub use clock::Clock;
pub use ids::IdGenerator;
pub use login_attempts::{Admission, Attempt, LoginAttempts};
pub use rate_limiter::{Charge, RateLimiter, Verdict};
pub use replay::ReplayGuard;
pub use segments::{SaveSegmentError, SavedSegment, Segments};
pub use sessions::Sessions;
pub use sign_ins::SignIns;
pub use store_error::StoreError;
pub use users::{ChangeError, Decision, LockedUser, Rejection, UniqueKey, UserDetails, Users};
