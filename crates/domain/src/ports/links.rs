use async_trait::async_trait;

use super::{ChangeError, StoreError, UniqueKey};
use crate::{Email, LinkAction, LinkError, LinkPurpose, Record, ResetRequest, Timestamp, TokenHash, User, UserId};

/// The single-use links in mails, and the requests for them. Only the auth service uses this port.
///
/// A link is valid until its first use, until it expires, or until it is superseded:
///
/// - by a newer link of the same purpose and account; one that restores an address, only by one with the same address
/// - by a new password: those that set a password or change the address
/// - by a deactivation of the account, or by another address that an administrator sets: all
/// - by another address that the user confirms: all but those that restore an address
/// - by a restored address: all but those that restore an earlier one
///
/// A link of an inactive account is superseded. So is a link about the current address, if the account has another one.
#[async_trait]
pub trait Links: Send + Sync {
    /// Stores a request for a link that sets a new password.
    ///
    /// MUST do the same work for every account, known or unknown.
    async fn request_reset(&self, request: ResetRequest) -> Result<(), StoreError>;

    /// Takes the oldest request that no other transaction has taken, and writes the record that `decide` returns, in one
    /// transaction. Returns whether there was a request.
    ///
    /// - MUST call `decide` with the request, the user, and the number of mails with a link that sets a password that the
    ///   user requested at `since` or later, as in [`Links::request`]. MUST lock the user until the end of the transaction.
    /// - MUST delete the request without a call of `decide` if no user has the id or the address.
    /// - MUST NOT wait for a request that another transaction has taken.
    async fn resolve_reset(&self, since: Timestamp, decide: ResetDecision) -> Result<bool, StoreError>;

    /// Writes the record that `decide` returns for a user who requests a link with this purpose. Returns whether it
    /// returned one.
    ///
    /// - MUST call `decide` with the user and the number of mails of the kind
    ///   [`MailKind::requested_for`](crate::MailKind::requested_for) this purpose to the user, created at `since` or later.
    ///   MUST lock the user until the end of the transaction.
    /// - MUST return `ActorGone` and write nothing if the `acting` session of the audit entry is not valid, as in
    ///   `Users::update`.
    async fn request(
        &self,
        target: &UserId,
        purpose: LinkPurpose,
        since: Timestamp,
        decide: LinkRequestDecision,
    ) -> Result<bool, ChangeError>;

    /// Returns whether a user has this address.
    async fn is_taken(&self, address: &Email) -> Result<bool, StoreError>;

    /// Returns the user whose account the holder of a link with this token and purpose may change at `now`.
    ///
    /// MUST do equal work for every reason why a link is not valid.
    async fn find(&self, token: &TokenHash, purpose: LinkPurpose, now: Timestamp) -> Result<User, LinkUseError>;

    /// Uses the link with this token and the action's purpose: applies the action to the account and writes the record
    /// that `decide` returns, in one transaction. Returns the updated user.
    ///
    /// - MUST write nothing if the link is not valid at `now`. Of concurrent uses MUST let exactly one succeed.
    /// - MUST call `decide` with the user before the change, and with the address of the link.
    /// - MUST set `updated_at` to `now`. MUST set `email_verified_at` to `now` if the address changes, or if it was not
    ///   confirmed before.
    /// - A new password: MUST set `must_change_password` to false, MUST end every session of the user and MUST delete the
    ///   failed sign-ins of the account. A restored address: MUST end every session.
    /// - MUST return `Conflict(UniqueKey::Email)` and write nothing if another user has the new address.
    async fn consume(
        &self,
        token: &TokenHash,
        action: LinkAction,
        now: Timestamp,
        decide: LinkDecision,
    ) -> Result<User, LinkUseError>;

    /// Deletes up to `limit` links that expired before `before`, and returns their number. Does not wait for locked rows.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Returns the record of a resolved request, for the request, the user and the number of recent links; `None` if no
/// link is sent.
pub type ResetDecision = Box<dyn FnOnce(&ResetRequest, &User, u64) -> Option<Record> + Send>;

/// Returns the record of a request for a link, for the user and the number of recent links; `None` if no link is sent.
pub type LinkRequestDecision = Box<dyn FnOnce(&User, u64) -> Option<Record> + Send>;

/// Returns the record of the use of a link, for the user before the change and the address of the link.
pub type LinkDecision = Box<dyn FnOnce(&User, &Email) -> Record + Send>;

/// The reason why a link was not used.
#[derive(Debug, thiserror::Error)]
pub enum LinkUseError {
    /// The link is not valid.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Another user has this value.
    #[error("{0} is already taken")]
    Conflict(UniqueKey),
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
