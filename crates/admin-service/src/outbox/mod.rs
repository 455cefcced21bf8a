//! Use cases of administrators on the mails to send.

mod cancel;
mod list;
mod retry;

use steward_domain::policy::Denied;
use steward_domain::ports::OutboxError;

/// The reason why a mail was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeMailError {
    /// The policy denies the action.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The mail does not permit the change, or storage failed.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}
