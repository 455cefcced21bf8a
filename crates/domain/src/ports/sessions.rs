use async_trait::async_trait;

use super::StoreError;
use crate::{AuthenticatedSession, NewSession, SessionId, Timestamp, User};

/// The sessions. Only the auth service holds this port.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session and sets the user's `last_login` to its beginning, in one transaction. Returns the user.
    ///
    /// MUST return `None` and write nothing if the user is gone or inactive by now.
    async fn open(&self, session: NewSession) -> Result<Option<User>, StoreError>;

    /// The session, if it is good at `now`: neither ended nor expired, its user there and active.
    ///
    /// MUST see every change that was committed before the call. Calls that wait at the same time MAY share one
    /// query, if that query begins after all of them.
    async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError>;

    /// Ends a session. Ending it again, or one that never was, changes nothing.
    async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Removes up to `limit` sessions that ended or expired before `before`, and returns how many.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
