use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError, UniqueKey};
use crate::{NewUser, PasswordHash, Record, SessionId, User, UserId, UserKey};

/// Accounts and their password hashes. Only the auth service uses this port.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Creates a user and writes the record, in one transaction.
    ///
    /// MUST return `Conflict` with the taken key if another user has the user id (in any case) or the e-mail address.
    /// This also holds for concurrent calls. If both are taken, MUST return `UniqueKey::UserId`. An address also counts as
    /// taken while a valid link can restore it to another user.
    ///
    /// MUST set the new user in the messages of the record that have no account ([`Record::for_new_user`]).
    ///
    /// MUST return `ActorGone` and write nothing if the audit entry has an acting session that is no longer valid, or
    /// whose user has another role.
    async fn create(&self, user: NewUser, record: Record) -> Result<User, CreateError>;

    /// Creates the given users and writes their records, in one transaction, if no user exists yet.
    ///
    /// MUST return `false` and write nothing if a user exists. MUST create the users only once if several processes
    /// call it concurrently.
    async fn create_first(&self, users: Vec<(NewUser, Record)>) -> Result<bool, StoreError>;

    /// Returns the user with this id (in any case) and their password hash.
    async fn credentials(&self, user_id: &UserId) -> Result<Option<AccountCredentials>, StoreError>;

    /// Returns the values that a sign-in needs to compare a password. Without a user id there is no account.
    ///
    /// MUST ignore values that are not bcrypt hashes in `highest_hash_cost`. MUST run the same queries for an unknown
    /// user id as for a known one.
    async fn sign_in_credentials(&self, user_id: Option<&UserId>) -> Result<SignInCredentials, StoreError>;

    /// Replaces the hash `old` with `new`, a new hash of the same password.
    ///
    /// MUST change nothing (not even `updated_at`) if the stored hash is no longer `old`.
    async fn rehash(&self, id: UserKey, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError>;

    /// Sets a password that the user must change, ends all their sessions, supersedes the links that set a password or
    /// change the address ([`Links`](super::Links)), and writes the record that `decide` returns,
    /// in one transaction. `decide` is called as in `Users::update`.
    async fn reset_password(
        &self,
        target: &UserId,
        hash: PasswordHash,
        decide: Decision<Record>,
    ) -> Result<User, ChangeError>;

    /// Sets a password that the user chose, and writes the record, in one transaction. Returns the updated user.
    ///
    /// MUST set `must_change_password` to false and `updated_at` to the timestamp of the audit entry. MUST end every
    /// session of the user except `change.session`. MUST supersede the user's links that set a password or change the
    /// address ([`Links`](super::Links)).
    ///
    /// MUST return `ActorGone` and write nothing if `change.session` is not valid at that timestamp, or belongs to
    /// another user. Otherwise MUST return `Stale` and write nothing if the stored hash is no longer `change.old`.
    /// Therefore only one of several concurrent changes succeeds.
    async fn change_password(&self, change: PasswordChange, record: Record) -> Result<User, PasswordChangeError>;
}

/// A change of a user's own password.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The user.
    pub user: UserId,
    /// The session that requests the change. It stays valid.
    pub session: SessionId,
    /// Hash of the current password, which the user has entered correctly.
    pub old: PasswordHash,
    /// Hash of the new password.
    pub new: PasswordHash,
}

/// The reason why a password change failed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    /// The user was signed out, deactivated or deleted in the meantime.
    #[error("the acting session is no longer valid")]
    ActorGone,
    /// The password was changed or hashed again in the meantime.
    #[error("the stored password hash has changed")]
    Stale,
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A user and their password hash.
#[derive(Debug, Clone)]
pub struct AccountCredentials {
    /// The user.
    pub user: User,
    /// bcrypt hash of the user's password.
    pub password_hash: PasswordHash,
}

/// The values that a sign-in needs to compare a password.
#[derive(Debug, Clone)]
pub struct SignInCredentials {
    /// The user and their password hash; `None` if the user is unknown.
    pub account: Option<AccountCredentials>,
    /// The highest bcrypt cost of all stored hashes, `None` if there are none. It determines the work for a wrong
    /// password.
    pub highest_hash_cost: Option<u32>,
}

/// The reason why a user was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Another user has this value.
    #[error("{0} is already taken")]
    Conflict(UniqueKey),
    /// The acting administrator was signed out, deactivated, deleted or got another role in the meantime.
    #[error("the acting session is no longer valid")]
    ActorGone,
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
