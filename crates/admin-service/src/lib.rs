//! User administration, audit trail, analytics, invitations and the mails to send.
//!
//! - Use cases, one per file: [`users`], [`audit`], [`analytics`], [`segments`], [`invitations`], [`outbox`]. Each
//!   checks the policy first.
//! - [`http`]: the HTTP endpoints, and the [`description()`] of the whole interface.
//!
//! A use case that changes a user decides inside the transaction, on the locked row. The decision covers the policy,
//! the effective change and its record.

#![deny(missing_docs)]

pub mod analytics;
pub mod audit;
pub mod http;
pub mod invitations;
pub mod outbox;
mod read_error;
pub mod segments;
pub mod users;

use std::rc::Rc;
use std::sync::Arc;

use steward_contracts::services::Credentials;
use steward_domain::MailPolicy;
use steward_domain::ports::{ActivityStatistics, AuditLog, Clock, Invitations, Outbox, Profiles, Segments, Users};

pub use http::{ID, description};
pub use read_error::ReadError;

/// The admin service; each web worker has its own.
pub struct AdminService {
    /// Storage of users.
    pub users: Arc<dyn Users>,
    /// The audit trail.
    pub audit_log: Arc<dyn AuditLog>,
    /// Statistics of activity.
    pub activity: Arc<dyn ActivityStatistics>,
    /// Profiles and pictures.
    pub profiles: Arc<dyn Profiles>,
    /// Saved filters of the user list.
    pub segments: Arc<dyn Segments>,
    /// The mails to send.
    pub outbox: Arc<dyn Outbox>,
    /// Invitations.
    pub invitations: Arc<dyn Invitations>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Sets passwords, creates accounts and sends invitations: the auth service, in the process or over HTTP.
    pub credentials: Rc<dyn Credentials>,
    /// The mails that this deployment sends.
    pub mails: MailPolicy,
}

#[cfg(test)]
mod testing;
