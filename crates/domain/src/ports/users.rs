use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::policy::Denied;
use crate::user::UserQuery;
use crate::{LockState, Page, PageRequest, Record, Timestamp, User, UserChange, UserId, UserStatistics};

/// Users, as administrators read and change them.
#[async_trait]
pub trait Users: Send + Sync {
    /// Returns the user with this id (in any case), with the details at `now` that only administrators see.
    ///
    /// MUST see every change that was committed before the call.
    async fn find(&self, user_id: &UserId, now: Timestamp) -> Result<Option<UserDetails>, StoreError>;

    /// Returns one page of the matching users.
    ///
    /// - MUST sort by the query's key, then by id, both in the query's direction. MUST return `next` exactly if more
    ///   users follow.
    /// - `total` MUST be exact if only role and status are filtered, and up to `Total::CAP` otherwise.
    /// - The filter on locked accounts applies to the locks at `now`.
    /// - A later page that continues from a position MUST NOT take longer than the first.
    /// - MUST return some page, not an error, if the key of a position is invalid: cursors come from clients.
    async fn list(&self, query: &UserQuery, page: &PageRequest, now: Timestamp) -> Result<Page<User>, StoreError>;

    /// Applies the change that `decide` returns to a user, and writes its record, in one transaction. Returns the
    /// updated user.
    ///
    /// - MUST call `decide` with the current user, and lock the user until the end of the transaction.
    /// - MUST write nothing if `decide` returns an error or `None`.
    /// - MUST set `updated_at` to the timestamp of the record's audit entry.
    /// - A deactivation MUST end every session of the user and set `is_restorable` to false. An activation MUST cancel a
    ///   scheduled deletion and set `is_restorable` to true.
    /// - MUST set `email_verified_at` to `None` if the address changes.
    /// - MUST supersede every link of a user who becomes inactive or gets another address ([`Links`](super::Links)).
    /// - MUST return `ActorGone` and write nothing if the `acting` session of the audit entry is not valid at that
    ///   timestamp. The same applies if its user has another role now. MUST serialize the change with every change that
    ///   ends that session or changes that role.
    /// - MUST return `Conflict(UniqueKey::Email)` if another user has the new address.
    async fn update(
        &self,
        target: &UserId,
        decide: Decision<Option<(UserChange, Record)>>,
    ) -> Result<User, ChangeError>;

    /// Deletes a user and their data, and writes the record that `decide` returns, in one
    /// transaction. `decide` is called as in [`Users::update`].
    ///
    /// MUST erase the user as [`Deletions::erase`](super::Deletions::erase) does.
    async fn delete(&self, target: &UserId, decide: Decision<Record>) -> Result<(), ChangeError>;

    /// Returns the statistics of all users at `now`.
    ///
    /// MUST be exact, and MUST NOT count users row by row. Concurrent calls MAY share one result, which is that of the
    /// latest `now` among them.
    async fn statistics(&self, now: Timestamp) -> Result<UserStatistics, StoreError>;
}

/// A user, with the details that only administrators see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDetails {
    /// The user.
    pub user: User,
    /// The lock state of the account.
    pub lock: LockState,
}

/// A user that the running transaction has locked against other changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedUser {
    /// The user before the change.
    pub user: User,
    /// Whether this is the only active super_admin. Reliable under concurrent changes.
    pub is_last_super_admin: bool,
}

/// Decides on a change inside the transaction. Must be pure and fast, because the user is locked while it runs.
pub type Decision<T> = Box<dyn FnOnce(&LockedUser) -> Result<T, Rejection> + Send>;

/// The reason why a decision rejected the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Policy forbids it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The user differs from the version that the client has.
    #[error("another request changed the user in the meantime")]
    Stale,
}

/// The reason why a user was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The user does not exist.
    #[error("no such user")]
    NotFound,
    /// The actor was signed out, deactivated or given another role in the meantime.
    #[error("the acting session is no longer valid")]
    ActorGone,
    /// Policy forbids it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The user differs from the version that the client has.
    #[error("another request changed the user in the meantime")]
    Stale,
    /// Another user has this value.
    #[error("{0} is already taken")]
    Conflict(UniqueKey),
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Rejection> for ChangeError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Denied(denied) => Self::Denied(denied),
            Rejection::Stale => Self::Stale,
        }
    }
}

/// A value that is unique among all users.
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
