//! Entities, value objects, policy and ports of user accounts.
//!
//! This crate holds the rules and no I/O. It does not depend on HTTP, SQL or an async runtime. Time, ids and randomness
//! are arguments, so each rule can be tested without a server.
//!
//! # Overview
//! - [`values`]: user id, e-mail address, name, password, role, page, cursor. Parsing is their only constructor, so
//!   every value is valid.
//! - [`user`], [`session`], [`audit`], [`statistics`]: the entities.
//! - [`Record`]: the audit entry of a change, with the messages and jobs that the change causes.
//! - [`SessionRequirements`]: the conditions that a session's user must still fulfil.
//! - [`profile`]: profiles of users, and their pictures.
//! - [`UserVersion`]: the version of a user or a profile that a client has, for conditional updates.
//! - [`activity`]: registrations, sign-ins and active users by day, week or month.
//! - [`device`]: a readable name for a user agent.
//! - [`policy`]: permissions, as one table and one pure function.
//! - `password_policy` (a feature): the requirements for new passwords.
//! - [`lockout`]: protection against password guessing.
//! - [`mail`], [`link`]: mails to users, and the single-use links in them.
//! - [`invitation`]: invitations to create an account.
//! - [`sign_in`], [`timeline`]: sign-in attempts, and the history of an account.
//! - [`rate_limit`]: rate limits and their arithmetic.
//! - [`segment`]: filters of the user list that administrators save.
//! - [`ports`]: the interfaces to storage, time and randomness. Other crates implement them.
//!
//! # Parse, don't validate
//! A request contains text. The edge of the program turns each text into a value, once. The rest of the program takes
//! values and checks no text again. An error states the reason in words for the sender.
//!
//! ```
//! use steward_domain::{Email, UserId};
//!
//! let user_id = UserId::parse("John.Doe")?;
//! assert_eq!(user_id.as_str(), "John.Doe");
//! assert_eq!(user_id, UserId::parse("john.doe")?);
//!
//! let invalid = Email::parse("john.doe").unwrap_err();
//! assert_eq!(invalid.to_string(), "must be an e-mail address: missing separator character '@'");
//! # Ok::<(), steward_domain::Invalid>(())
//! ```
//!
//! # Rules are pure functions
//! A rule takes the state and the time, and returns the decision. [`policy::authorize`] decides on permissions,
//! [`LockoutRule`] on attempts to sign in, [`rate_limit::gcra`] on calls.
//!
//! ```
//! use steward_domain::Role;
//! use steward_domain::policy::{self, Denied, Target, Verb};
//!
//! let user = Target { role: Role::User, is_self: false, is_last_super_admin: false };
//! assert_eq!(policy::authorize(Role::Admin, Verb::Deactivate, user), Ok(()));
//! assert_eq!(policy::authorize(Role::User, Verb::Deactivate, user), Err(Denied::NotAnAdministrator));
//! ```
//!
//! # A change and its record
//! A use case does not read a user, decide and write: another request may change the user in between. It passes the
//! decision to a method of a port, as a [`ports::Decision`]. The method locks the user, calls the decision with the
//! locked user, and writes the change with its record, all in one transaction.
//!
//! # Lists
//! A list takes a query and a [`PageRequest`] and returns a [`Page`]. A page that continues from a [`Cursor`] costs the
//! same at any depth.
//!
//! ```
//! use steward_domain::{PageRequest, Position};
//!
//! let third = PageRequest { number: 3, ..PageRequest::default() };
//! assert_eq!(third.offset(), 20, "storage skips two pages of ten rows");
//!
//! let last_item = Position { key: "kim".to_owned(), id: 7 };
//! let third = PageRequest { after: Some(last_item), ..third };
//! assert_eq!(third.offset(), 0);
//! ```

#![deny(missing_docs)]

mod account_export;
pub mod activity;
pub mod audit;
pub mod device;
pub mod invitation;
pub mod link;
pub mod lockout;
pub mod mail;
#[cfg(feature = "password-policy")]
pub mod password_policy;
pub mod policy;
pub mod ports;
pub mod profile;
pub mod rate_limit;
mod record;
pub mod segment;
pub mod session;
mod session_requirements;
pub mod sign_in;
pub mod statistics;
pub mod timeline;
pub mod user;
mod user_version;
pub mod values;

pub use account_export::{AccountExport, Excerpt, ExportedMail, ExportedSession, ExportedSignIn};
pub use activity::{ActivityCounts, ActivityOverview, ActivityRange, Interval};
pub use audit::{Action, ActorKind, ActorSession, AuditEntry, AuditFilter, AuditRecord, Origin};
pub use device::{DeviceFilter, DeviceMatch};
pub use invitation::{Invitation, InvitationState, NewInvitation};
pub use link::{AccountName, LinkAction, LinkError, LinkId, LinkPurpose, NewLink, ResetRequest, UnboundLink};
pub use lockout::{DeviceId, LockState, LockoutRule, LockoutRules, Network, Source};
pub use mail::{
    ClaimedLink, ClaimedMail, DeliveryOutcome, MailContent, MailKind, MailPolicy, MailState, NewMessage, OutboxEntry,
    OutboxStatistics, Recipient,
};
#[cfg(feature = "password-policy")]
pub use password_policy::{PasswordPolicy, PasswordReport, PersonalFacts, WeakPassword, Weakness};
pub use profile::{Avatar, AvatarHash, FieldChange, Profile, ProfileChange, UserProfile};
pub use rate_limit::{Quota, RatePeriod};
pub use record::{NewJob, Record};
pub use segment::{Segment, SegmentName, SegmentQuery};
pub use session::{
    AuthenticatedSession, NewSession, OpenOutcome, RefreshOutcome, Rotation, SessionFilter, SessionId, SessionRecord,
    SessionSelector, TokenHash,
};
pub use session_requirements::{SessionRequirement, SessionRequirements};
pub use sign_in::{AttemptOutcome, FailedSignIn, FailureReason, SignInFilter, SignInRecord};
pub use statistics::UserStatistics;
pub use timeline::{TimelineCursor, TimelineEvent, TimelineItem, TimelinePage};
pub use user::{Actor, LastLogin, NewUser, PasswordHash, User, UserChange, UserFilter, UserSort};
pub use user_version::UserVersion;
pub use values::{
    AddressRange, Attributes, Cursor, DisplayName, Email, Invalid, Locale, Order, Page, PageRequest, PageSize,
    Password, PasswordAttempt, PhoneNumber, Position, ProfileText, ReservedIds, Role, SearchTerm, TimeSpan, TimeZone,
    Total, UserId, UserKey, address_key, search_fold,
};

/// An instant in UTC. Storage keeps microseconds, so use [`truncate`] where an instant must survive a round trip.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Cuts an instant to the microseconds that every storage keeps.
///
/// ```
/// use chrono::DateTime;
/// use steward_domain::truncate;
///
/// let precise = DateTime::from_timestamp_nanos(1_500_000_000_123_456_789);
/// assert_eq!(truncate(precise), DateTime::from_timestamp_nanos(1_500_000_000_123_456_000));
/// ```
pub fn truncate(at: Timestamp) -> Timestamp {
    chrono::DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
