use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError};
use crate::{
    AuditEntry, AuthenticatedSession, NewSession, Page, PageRequest, RefreshOutcome, Rotation, SessionFilter,
    SessionId, SessionRecord, SessionSelector, Timestamp, User, UserId,
};

/// The sessions. Only the auth service holds this port.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session with its first refresh token, and sets the user's `last_login` to its beginning, in one
    /// transaction. Returns the user.
    ///
    /// MUST return `None` and write nothing if the user is gone or inactive by now.
    async fn open(&self, session: NewSession) -> Result<Option<User>, StoreError>;

    /// The session, if it is good at `now`: neither ended nor expired, its user there and active.
    ///
    /// MUST see every change that was committed before the call. Calls that wait at the same time MAY share one
    /// query, if that query begins after all of them.
    async fn find_active(&self, id: SessionId, now: Timestamp) -> Result<Option<AuthenticatedSession>, StoreError>;

    /// Exchanges a refresh token for its successor, in one transaction.
    ///
    /// MUST return `Unknown` and write nothing unless the token's session is good at `now`, its user there and active.
    /// A token that was not used before: MUST note its use, add the successor, and move the session's `expires_at` to
    /// `now + idle`, but not beyond `ends_at`; and the user counts as active on that day, as by [`Sessions::record_last_seen`].
    ///
    /// A token that was used before: within `grace`, while what took its place is one of the offered successors and
    /// unused itself, MUST return `Done` with that one again and write nothing. Otherwise MUST end the session, add
    /// [`AuditEntry::of_reuse`] and return `Reused`. So of many who present a token at once all get the same successor.
    async fn refresh(&self, rotation: Rotation) -> Result<RefreshOutcome, StoreError>;

    /// One page of the sessions that are good at `now` and match, newest first.
    ///
    /// MUST sort by `created_at`, and return `next` exactly when more follow. `total` MUST be exact up to
    /// `Total::CAP`. MUST NOT count or sort more sessions than some `Total::CAP`, nor look at ended ones.
    /// MUST answer with some page where a position's key makes no sense: cursors come back from callers.
    async fn list(
        &self,
        filter: &SessionFilter,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, StoreError>;

    /// Notes when sessions were last used, many at a time, and counts their users as active on those days (see
    /// `ActivityStatistics`).
    ///
    /// MUST NOT set the time of any back, and MUST NOT wait for a session that somebody changes meanwhile: that one may
    /// be left out.
    async fn record_last_seen(&self, seen: &[(SessionId, Timestamp)]) -> Result<(), StoreError>;

    /// Ends those of the chosen sessions that are good and of the user with this key. Returns how many.
    async fn end_own(&self, user: i64, choice: SessionSelector, now: Timestamp) -> Result<u64, StoreError>;

    /// Ends those of the chosen sessions that are good and the target's, and adds the entry that `decide` returns, in one
    /// transaction. Returns how many. `decide` is called as by `Users::update`, and so is `ActorGone` returned.
    ///
    /// MUST write nothing, and return 0, where none is good.
    async fn revoke(
        &self,
        target: &UserId,
        choice: SessionSelector,
        decide: Decision<AuditEntry>,
    ) -> Result<u64, ChangeError>;

    /// Ends a session. Ending it again, or one that never was, changes nothing.
    async fn end(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Removes up to `limit` sessions that ended or expired before `before`, with their refresh tokens, and returns how
    /// many.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
