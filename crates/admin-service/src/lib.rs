//! User administration, the audit trail, analytics.
//!
//! - Use cases, one per file: [`users`], [`audit`], [`analytics`], [`segments`]. Each asks the policy first.
//! - [`http`]: the HTTP face, `/api/admin/*`.
//!
//! Whatever changes a user decides in the middle of the transaction, on the user as they stand there: who may, what
//! really changes, and what the audit entry says.

#![deny(missing_docs)]

pub mod analytics;
pub mod audit;
pub mod http;
mod read_error;
pub mod segments;
pub mod users;

use std::rc::Rc;
use std::sync::Arc;

use steward_contracts::services::Credentials;
use steward_domain::ports::{ActivityStatistics, AuditLog, Clock, Segments, Users};

pub use read_error::ReadError;

/// The admin service: one per web worker.
pub struct AdminService {
    /// The users.
    pub users: Arc<dyn Users>,
    /// The audit trail.
    pub audit_log: Arc<dyn AuditLog>,
    /// How much goes on.
    pub activity: Arc<dyn ActivityStatistics>,
    /// Filters of the user list that administrators keep.
    pub segments: Arc<dyn Segments>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who holds the passwords: the auth service, in this process or in another.
    pub credentials: Rc<dyn Credentials>,
}

#[cfg(test)]
mod testing;
