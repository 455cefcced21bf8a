use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError};
use crate::{PasswordHash, Record, Timestamp, User, UserId};

/// Deletions of accounts by their own users, and the erasure of deleted accounts. Only the auth service uses this port.
#[async_trait]
pub trait Deletions: Send + Sync {
    /// Deactivates an account, ends every session of it, and schedules its erasure for `purge_at`. Writes the record that
    /// `decide` returns in the same transaction. `decide` is called as in `Users::update`.
    ///
    /// MUST return `Stale` and write nothing if the stored hash is not `checked`.
    async fn schedule(
        &self,
        target: &UserId,
        checked: &PasswordHash,
        purge_at: Timestamp,
        decide: Decision<Record>,
    ) -> Result<User, ChangeError>;

    /// Activates an account and cancels its scheduled erasure, and writes the record that `decide` returns, in one
    /// transaction. `decide` is called as in `Users::update`.
    ///
    /// MUST write nothing if `decide` returns `None`. MUST return `Stale` and write nothing if the stored hash is not
    /// `checked`.
    async fn restore(
        &self,
        target: &UserId,
        checked: &PasswordHash,
        decide: Decision<Option<Record>>,
    ) -> Result<User, ChangeError>;

    /// Returns at most `limit` accounts whose erasure is due at `now`, the longest due ones first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<UserId>, StoreError>;

    /// Erases a user, and writes the record that `decide` returns, in one transaction. `decide` is called as in
    /// `Users::update`; the erasure comes before the record.
    ///
    /// - MUST write nothing if `decide` returns `None`.
    /// - MUST delete the user and every row that belongs to the user or to the user's address, except audit entries.
    /// - MUST replace personal data by [`AuditEntry::ERASED`](crate::AuditEntry::ERASED) in the audit entries that have
    ///   the user as target (the details) or as actor (the name and the origin), and in the details of those that have no
    ///   target and begin with `email:` and the user's address. Details about other targets stay.
    async fn erase(&self, target: &UserId, decide: Decision<Option<Record>>) -> Result<(), ChangeError>;

    /// Deletes at most `limit` notices of erasures that have left the outbox's queue, with their addresses. Returns their
    /// number.
    async fn forget_notices(&self, limit: u32) -> Result<u64, StoreError>;
}
