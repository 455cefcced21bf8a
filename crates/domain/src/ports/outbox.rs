use async_trait::async_trait;
use chrono::TimeDelta;

use super::StoreError;
use crate::{
    ClaimedMail, DeliveryOutcome, MailKind, MailState, OutboxEntry, OutboxStatistics, Page, PageRequest, Record,
    Timestamp, UserKey,
};

/// The mails that changes have caused. A change adds its mails by its record.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Claims mails whose next attempt is due at `now`, oldest first, and counts an attempt for each.
    ///
    /// - MUST return at most `limit` mails, and no mail that another claim holds. A claim ends with
    ///   [`Outbox::finish`], or after `lease`: then another process sends the mail.
    /// - MUST return at most one mail per address and queue, the oldest queued one, so that a recipient gets the mails in
    ///   order. An address has two queues: of the mails with [`MailKind::is_for_recovery`](crate::MailKind::is_for_recovery),
    ///   and of the others. A mail MUST NOT wait for one of the other queue.
    /// - MUST NOT wait for a claim in another transaction.
    /// - MUST NOT return a mail whose content it cannot read, because a newer release has written it. The claim of such
    ///   a mail ends after `lease`, so that a process of that release can send the mail. The tenth such claim finishes
    ///   the mail as failed.
    /// - MUST NOT return a mail whose link was deleted with its account. It cancels such a mail.
    async fn claim(&self, now: Timestamp, lease: TimeDelta, limit: u32) -> Result<Vec<ClaimedMail>, StoreError>;

    /// Stores the outcome of an attempt.
    ///
    /// MUST change nothing if the mail is not queued any more or `attempts` is not its number of attempts: the claim has
    /// ended and another process has claimed the mail. MUST delete the content and the recipient's name of a mail that
    /// was sent or cancelled.
    async fn finish(&self, id: i64, attempts: u32, outcome: DeliveryOutcome, now: Timestamp) -> Result<(), StoreError>;

    /// Returns one page of mails, newest first.
    async fn list(&self, state: Option<MailState>, page: PageRequest) -> Result<Page<OutboxEntry>, StoreError>;

    /// Queues a failed mail again, due at the time of the record, and writes the record. The attempts count from 0
    /// again.
    ///
    /// MUST return `NotFound` or `WrongState` and write nothing if the mail does not exist or has not failed. MUST return
    /// `ActorGone` and write nothing if the acting session is no longer valid.
    async fn retry(&self, id: i64, record: Record) -> Result<OutboxEntry, OutboxError>;

    /// Cancels a queued or failed mail and writes the record. The errors are those of [`Outbox::retry`].
    async fn cancel(&self, id: i64, record: Record) -> Result<OutboxEntry, OutboxError>;

    /// Returns whether a mail of this kind to the user was queued at `since` or later, in any state.
    async fn has_recent(&self, user: UserKey, kind: MailKind, since: Timestamp) -> Result<bool, StoreError>;

    /// Returns figures for the metrics.
    async fn statistics(&self) -> Result<OutboxStatistics, StoreError>;

    /// Deletes at most `limit` mails that were sent, failed or cancelled before `before`. Returns their number.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// The reason why an administrator's change of a mail failed.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// No mail has this key.
    #[error("no such mail")]
    NotFound,
    /// The state of the mail does not permit the change.
    #[error("the mail is {}", .0.as_str())]
    WrongState(MailState),
    /// The administrator was signed out, deactivated or demoted in the meantime.
    #[error("the acting session is no longer valid")]
    ActorGone,
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
