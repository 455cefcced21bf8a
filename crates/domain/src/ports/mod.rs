//! Interfaces that the use cases need. Adapters: `persistence` (PostgreSQL, SQLite), `ephemeral` (Redis, memory),
//! `mail` (SMTP, a folder), `steward` (time, randomness).
//!
//! A port is named after the need of its use cases and has few methods. The docs of a method state what an adapter MUST
//! do, MUST NOT do and MAY do (RFC 2119). Three conventions hold for all ports:
//!
//! - A look-up returns `Result<Option<T>, StoreError>`: that nothing was found is no error.
//! - A method is one transaction. A method that changes a user takes a [`Decision`], which it calls with the
//!   [`LockedUser`], and it writes the change and its record together.
//! - The current time is an argument. Only [`Clock`] reads it, so that tests set it:
//!
//! ```
//! use std::time::Duration;
//!
//! use steward_domain::Timestamp;
//! use steward_domain::ports::Clock;
//!
//! struct FixedClock(Timestamp);
//!
//! impl Clock for FixedClock {
//!     fn now(&self) -> Timestamp {
//!         self.0
//!     }
//!
//!     fn monotonic(&self) -> Duration {
//!         Duration::ZERO
//!     }
//! }
//!
//! let clock: &dyn Clock = &FixedClock(Timestamp::UNIX_EPOCH);
//! assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
//! ```
//!
//! A decision is a closure that knows policy and no storage:
//!
//! ```
//! use steward_domain::Role;
//! use steward_domain::policy::{self, Target, Verb};
//! use steward_domain::ports::{Decision, LockedUser};
//!
//! let actor = Role::Admin;
//! let decide: Decision<()> = Box::new(move |locked: &LockedUser| {
//!     let LockedUser { user, is_last_super_admin } = locked;
//!     let target = Target { role: user.role, is_self: false, is_last_super_admin: *is_last_super_admin };
//!     Ok(policy::authorize(actor, Verb::Unlock, target)?)
//! });
//! ```
//!
//! # To add a port
//!
//! 1. Add a file here with an object-safe `#[async_trait]` trait of a few methods. The docs of each method state what
//!    it MUST do.
//! 2. Add a suite in `testkit::contracts`.
//! 3. Add one implementation per adapter, and run the suite against each of them.
//!
//! `docs/extending.md` does this for an example, with code.

mod account_exports;
mod accounts;
mod activity_statistics;
mod audit_log;
mod clock;
mod deletions;
mod idempotency_keys;
mod ids;
mod invitations;
mod links;
mod login_attempts;
mod mailer;
mod outbox;
mod profiles;
mod rate_limiter;
mod replay;
mod segments;
mod sessions;
mod sign_ins;
mod store_error;
mod task_leases;
mod users;

pub use account_exports::{AccountExports, ExportError};
pub use accounts::{AccountCredentials, Accounts, CreateError, PasswordChange, PasswordChangeError, SignInCredentials};
pub use activity_statistics::ActivityStatistics;
pub use audit_log::AuditLog;
pub use clock::Clock;
pub use deletions::Deletions;
pub use idempotency_keys::{ClaimedKey, Fingerprint, IdempotencyKeys, KeyClaim, KeyHash};
pub use ids::IdGenerator;
pub use invitations::{AcceptDecision, InvitationDecision, InvitationError, Invitations, Renewal};
pub use links::{LinkDecision, LinkRequestDecision, LinkUseError, Links, ResetDecision};
pub use login_attempts::{Admission, Attempt, LoginAttempts};
pub use mailer::{MailLink, Mailer, OutgoingMail, SendError};
pub use outbox::{Outbox, OutboxError};
pub use profiles::{ProfileDecision, Profiles};
pub use rate_limiter::{Charge, RateLimiter, Verdict};
pub use replay::ReplayGuard;
pub use segments::{SaveSegmentError, SavedSegment, Segments};
pub use sessions::Sessions;
pub use sign_ins::SignIns;
pub use store_error::StoreError;
pub use task_leases::TaskLeases;
pub use users::{ChangeError, Decision, LockedUser, Rejection, UniqueKey, UserDetails, Users};
