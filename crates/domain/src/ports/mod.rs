//! Interfaces that the use cases need. Adapters: `persistence` (PostgreSQL, SQLite), `ephemeral` (Redis, memory),
//! `steward` (time, randomness).
//!
//! To add a port:
//!
//! 1. Add a file here with an object-safe `#[async_trait]` trait of a few methods. The docs of each method state what
//!    it MUST do.
//! 2. Add a suite in `testkit::contracts`.
//! 3. Add one implementation per adapter, and run the suite against each of them.

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

pub use accounts::{AccountCredentials, Accounts, CreateError, PasswordChange, PasswordChangeError, SignInCredentials};
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
