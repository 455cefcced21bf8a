use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError, UniqueKey};
use crate::{AuditEntry, NewUser, PasswordHash, SessionId, User, UserId};

/// Accounts and their password hashes. Only the auth service holds this port.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Creates a user, and adds the audit entry, in one transaction.
    ///
    /// MUST return `Conflict` with the key that is taken if user id (in any case) or e-mail address are another
    /// user's, however many try at once; with both taken, `UniqueKey::UserId`.
    async fn create(&self, user: NewUser, entry: AuditEntry) -> Result<User, CreateError>;

    /// Creates all these users with their entries in one transaction, if there is no user at all yet.
    ///
    /// MUST return `false` and write nothing if there is one, and MUST create once when several processes try at
    /// once.
    async fn create_first(&self, users: Vec<(NewUser, AuditEntry)>) -> Result<bool, StoreError>;

    /// The user with this id, whatever its case, and their password hash.
    async fn credentials(&self, user_id: &UserId) -> Result<Option<AccountCredentials>, StoreError>;

    /// The highest bcrypt cost among all stored hashes; `None` if there is none. What is no bcrypt hash MUST NOT count.
    async fn highest_hash_cost(&self) -> Result<Option<u32>, StoreError>;

    /// Puts `new` in the place of `old`: the same password, hashed anew.
    ///
    /// MUST change nothing (not even `updated_at`) if the hash is no longer `old`.
    async fn rehash(&self, id: i64, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError>;

    /// Gives a user another password that must be changed, ends all their sessions and adds the entry that `decide`
    /// returns, in one transaction. `decide` is called as by `Users::update`.
    async fn reset_password(
        &self,
        target: &UserId,
        hash: PasswordHash,
        decide: Decision<AuditEntry>,
    ) -> Result<User, ChangeError>;

    /// Gives a user the password that they chose themself, and adds the entry, in one transaction. Returns the user as
    /// they then are.
    ///
    /// MUST set `must_change_password` to false and `updated_at` to the entry's timestamp, and MUST end every session
    /// of the user but `change.session`.
    ///
    /// MUST return `ActorGone` and write nothing if `change.session` is not good at the entry's timestamp, or not a
    /// session of this user. Else MUST return `Stale` and write nothing if the hash is no longer `change.old`, so that
    /// of several changes at once one is made.
    async fn change_password(&self, change: PasswordChange, entry: AuditEntry) -> Result<User, PasswordChangeError>;
}

/// A password that its user replaces.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// Whose it is.
    pub user: UserId,
    /// The session in which it is done, which stays.
    pub session: SessionId,
    /// Hash of the password that the user has shown to know.
    pub old: PasswordHash,
    /// Hash of the one that they chose.
    pub new: PasswordHash,
}

/// Why a user's password was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    /// The user was signed out, deactivated or deleted meanwhile.
    #[error("who acts may not act any more")]
    ActorGone,
    /// The password is another one by now, or was hashed anew.
    #[error("the password's hash is another one by now")]
    Stale,
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A user with what their password is checked against.
#[derive(Debug, Clone)]
pub struct AccountCredentials {
    /// The user.
    pub user: User,
    /// bcrypt hash of their password.
    pub password_hash: PasswordHash,
}

/// Why a user was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Another user has it.
    #[error("{0} is already taken")]
    Conflict(UniqueKey),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
