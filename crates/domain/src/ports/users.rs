use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::policy::Denied;
use crate::user::UserQuery;
use crate::{AuditEntry, LockState, Page, PageRequest, Timestamp, User, UserChange, UserId, UserStatistics};

/// The users, as administrators see and change them.
#[async_trait]
pub trait Users: Send + Sync {
    /// The user with this id, whatever its case, and what stands at `now` that only administrators are told.
    ///
    /// MUST see every change that was committed before the call.
    async fn find(&self, user_id: &UserId, now: Timestamp) -> Result<Option<UserDetails>, StoreError>;

    /// One page of the users that match.
    ///
    /// MUST sort by the query's key, then by id, both in the query's direction, and MUST return `next` exactly when
    /// more users follow. `total` MUST be exact where nothing but role and status filters, and otherwise up to
    /// `Total::CAP`. Who is locked out is as of `now`.
    /// MUST take no longer for a later page that continues from a position than for the first.
    /// MUST answer with some page where a position's key makes no sense: cursors come back from callers.
    async fn list(&self, query: &UserQuery, page: &PageRequest, now: Timestamp) -> Result<Page<User>, StoreError>;

    /// Changes a user as `decide` says, and adds the audit entry it returns, in one transaction.
    ///
    /// MUST call `decide` with the user as they stand, protected from change until the end of the transaction, and
    /// MUST write nothing when it refuses or answers `None`. MUST set `updated_at` to the entry's timestamp. MUST end
    /// every session of a user that becomes inactive. Returns the user as they then are.
    ///
    /// MUST return `ActorGone` and write nothing if the entry's `acting` session is not good at the entry's timestamp, or
    /// its user's role is another one by now. MUST put the change in an order with whatever takes that session or that role
    /// away: one that comes first waits, or is waited for.
    ///
    /// MUST return `Conflict(UniqueKey::Email)` if the new address is another user's.
    async fn update(
        &self,
        target: &UserId,
        decide: Decision<Option<(UserChange, AuditEntry)>>,
    ) -> Result<User, ChangeError>;

    /// Removes a user with everything of theirs but audit entries, and adds the entry that `decide` returns, in one
    /// transaction. `decide` is called as by [`Users::update`].
    async fn delete(&self, target: &UserId, decide: Decision<AuditEntry>) -> Result<(), ChangeError>;

    /// Numbers about all users at `now`.
    ///
    /// MUST be exact, and MUST NOT count users one by one.
    async fn statistics(&self, now: Timestamp) -> Result<UserStatistics, StoreError>;
}

/// A user, with what only administrators are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDetails {
    /// The user.
    pub user: User,
    /// Whether somebody who guesses their password is being stopped.
    pub lock: LockState,
}

/// A user in the middle of a change: nobody else changes them until it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedUser {
    /// The user before the change.
    pub user: User,
    /// Whether this is the only active super_admin, however many changes run at once.
    pub is_last_super_admin: bool,
}

/// What to do about a user, decided in the middle of the transaction: a pure, quick function of what stands.
pub type Decision<T> = Box<dyn FnOnce(&LockedUser) -> Result<T, Rejection> + Send>;

/// Why a decision was no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Policy forbids it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The user is not as whoever acts saw them.
    #[error("the user was changed by somebody else meanwhile")]
    Stale,
}

/// Why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such user.
    #[error("no such user")]
    NotFound,
    /// Whoever acts was signed out, deactivated or given another role meanwhile.
    #[error("who acts may not act any more")]
    ActorGone,
    /// Policy forbids it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The user is not as whoever acts saw them.
    #[error("the user was changed by somebody else meanwhile")]
    Stale,
    /// Another user has it.
    #[error("{0} is already taken")]
    Conflict(UniqueKey),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Rejection> for ChangeError {
    fn from(refusal: Rejection) -> Self {
        match refusal {
            Rejection::Denied(denied) => Self::Denied(denied),
            Rejection::Stale => Self::Stale,
        }
    }
}

/// What no two users share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueKey {
    /// The user id, in any case.
    UserId,
    /// The e-mail address.
    Email,
}

impl fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserId => "user_id",
            Self::Email => "email",
        })
    }
}
