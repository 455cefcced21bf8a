use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError};
use crate::{
    AuthenticatedSession, NewSession, OpenOutcome, Page, PageRequest, PasswordHash, Record, RefreshOutcome, Rotation,
    SessionFilter, SessionId, SessionRecord, SessionSelector, Timestamp, UserId, UserKey,
};

/// Sessions and their refresh tokens. Only the auth service uses this port.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session with its first refresh token, sets the user's `last_login` to its `created_at` and writes the
    /// messages, in one transaction. `checked` is the hash that the password was compared with.
    ///
    /// - MUST return `Stale` and write nothing if the stored hash is no longer `checked`. Otherwise MUST return
    ///   `Inactive` and write nothing if the user is inactive.
    /// - If a concurrent transaction deactivates the user or sets another password, it MUST end the new session, or
    ///   the session MUST NOT be opened.
    async fn open(&self, session: NewSession, checked: &PasswordHash) -> Result<OpenOutcome, StoreError>;

    /// Returns the session if it is valid at `now`: it has neither ended nor expired, and its user exists and is
    /// active.
    ///
    /// MUST see every change that was committed before the call. Concurrent calls MAY share one query, if the query
    /// begins after all of them.
    async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError>;

    /// Exchanges a refresh token for its successor, in one transaction.
    ///
    /// MUST return `Unknown` and write nothing unless the token's session is valid at `now`, and its user exists and is
    /// active.
    ///
    /// If the token was not used before, MUST do all of these:
    ///
    /// - record its use and add the successor
    /// - set the session's `expires_at` to `now + idle`, but to `ends_at` at most
    /// - count the user as active on that day, as [`Sessions::record_last_seen`] does
    ///
    /// If the token was used before, there are two cases:
    ///
    /// - Within `grace`, if the stored successor is one of the offered ones and is still unused: MUST return `Done`
    ///   with that successor and write nothing.
    /// - Otherwise: MUST end the session, write the record of [`AuditEntry::of_reuse`](crate::AuditEntry::of_reuse) and return `Reused`.
    ///
    /// Therefore concurrent requests with the same token all receive the same successor.
    async fn refresh(&self, rotation: Rotation) -> Result<RefreshOutcome, StoreError>;

    /// Returns one page of the matching sessions that are valid at `now`, newest first.
    ///
    /// - MUST sort by `created_at`, and return `next` exactly if more sessions follow.
    /// - `total` MUST be exact up to `Total::CAP`.
    /// - MUST NOT count or sort more than about `Total::CAP` sessions, and MUST NOT read ended ones.
    /// - MUST return some page, not an error, if the key of a position is invalid: cursors come from clients.
    async fn list(
        &self,
        filter: &SessionFilter,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, StoreError>;

    /// Records when sessions were last used, in batches. Counts their users as active on those days (see
    /// `ActivityStatistics`).
    ///
    /// MUST NOT move the time of a session back. MUST NOT wait for a session that another transaction is changing; it
    /// MAY skip that session.
    async fn record_last_seen(&self, seen: &[(SessionId, Timestamp)]) -> Result<(), StoreError>;

    /// Ends the selected sessions that are valid and belong to the user with this key. Returns their number.
    async fn end_own(&self, user: UserKey, choice: SessionSelector, now: Timestamp) -> Result<u64, StoreError>;

    /// Ends the selected sessions that are valid and belong to the target, and writes the record that `decide` returns,
    /// in one transaction. Returns their number. `decide` is called, and `ActorGone` returned, as in `Users::update`.
    ///
    /// MUST write nothing and return 0 if none of the sessions is valid.
    async fn revoke(
        &self,
        target: &UserId,
        choice: SessionSelector,
        decide: Decision<Record>,
    ) -> Result<u64, ChangeError>;

    /// Ends a session. Changes nothing if the session has ended or does not exist.
    async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Deletes up to `limit` sessions that ended or expired before `before`, with their refresh tokens. Returns their
    /// number.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
