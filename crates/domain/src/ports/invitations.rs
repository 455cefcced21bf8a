use async_trait::async_trait;

use super::{LinkUseError, StoreError};
use crate::policy::Denied;
use crate::{
    Invitation, InvitationState, LinkId, NewInvitation, NewUser, Page, PageRequest, Record, Role, Timestamp, TokenHash,
    User,
};

/// Invitations to create an account.
///
/// The link of an invitation has no account. An invitation references the last link that was sent, and only that link
/// accepts it. At most one invitation per address is pending.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// Stores an invitation at the timestamp of the record, and writes the record, whose mail carries the link.
    ///
    /// - MUST return `ActorGone` and write nothing if the `acting` session of the audit entry is not valid, as in
    ///   `Users::update`.
    /// - MUST return `Registered` if a user has the address, and `Pending` if another invitation for it is pending. This
    ///   also holds for concurrent invitations.
    async fn create(&self, invitation: NewInvitation, record: Record) -> Result<Invitation, InvitationError>;

    /// Replaces the link of an invitation with the one that `decide` returns, and writes the record. The new link
    /// supersedes the old one, and the actor of the record becomes the inviter. The errors are those of [`Invitations::create`].
    ///
    /// - MUST call `decide` with the invitation, and lock the invitation until the end of the transaction.
    /// - MUST return `NotFound` if the invitation does not exist, and `Closed` if it was accepted or revoked.
    async fn renew(&self, id: i64, decide: InvitationDecision<Renewal>) -> Result<Invitation, InvitationError>;

    /// Revokes an open invitation and its link, and writes the record. The errors and the call of `decide` are those of
    /// [`Invitations::renew`].
    async fn revoke(&self, id: i64, decide: InvitationDecision<Record>) -> Result<Invitation, InvitationError>;

    /// Returns one page of the invitations that have this state at `now`, newest first.
    ///
    /// `total` MUST be exact up to `Total::CAP`. A later page that continues from a position MUST NOT take longer than
    /// the first.
    async fn list(
        &self,
        state: Option<InvitationState>,
        page: &PageRequest,
        now: Timestamp,
    ) -> Result<Page<Invitation>, StoreError>;

    /// Returns the invitation that the link with this token accepts at `now`.
    ///
    /// MUST do equal work for every reason why a link is not valid.
    async fn find(&self, token: &TokenHash, now: Timestamp) -> Result<Invitation, LinkUseError>;

    /// Accepts the invitation of the link with this token: creates the user that `decide` returns, whose address counts
    /// as confirmed at `now`, and writes the record, in one transaction.
    ///
    /// - MUST write nothing if the link is not valid at `now`. Of concurrent calls MUST let exactly one succeed.
    /// - MUST call `decide` with the locked invitation and the role that its inviter has now: `None` if no active user
    ///   has the inviter's id. The role does not change until the end of the transaction. If `decide` returns `None`,
    ///   MUST return [`LinkError::Superseded`](crate::LinkError::Superseded) and write nothing.
    /// - MUST return `Conflict` and write nothing if another user has the user id (in any case) or the address.
    async fn accept(&self, token: &TokenHash, now: Timestamp, decide: AcceptDecision) -> Result<User, LinkUseError>;

    /// Deletes up to `limit` invitations that expired before `before` and were not accepted, and returns their number. Does
    /// not wait for locked rows.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Decides on a change of a locked invitation. Must be pure and fast.
pub type InvitationDecision<T> = Box<dyn FnOnce(&Invitation) -> Result<T, Denied> + Send>;

/// Returns the user that accepts an invitation, and the record; `None` if the inviter, who has this role now, may not
/// invite to that account any more.
pub type AcceptDecision = Box<dyn FnOnce(&Invitation, Option<Role>) -> Option<(NewUser, Record)> + Send>;

/// Another link of an invitation.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The link.
    pub link: LinkId,
    /// When the link expires.
    pub expires_at: Timestamp,
    /// The record, whose mail carries the link.
    pub record: Record,
}

/// The reason why an invitation was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    /// No invitation has this key.
    #[error("no such invitation")]
    NotFound,
    /// The actor was signed out, deactivated or given another role in the meantime.
    #[error("the acting session is no longer valid")]
    ActorGone,
    /// Policy forbids it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A user has the address.
    #[error("a user has the address")]
    Registered,
    /// Another invitation for the address is pending.
    #[error("another invitation for the address is pending")]
    Pending,
    /// The invitation was accepted or revoked.
    #[error("the invitation is {}", .0.as_str())]
    Closed(InvitationState),
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
