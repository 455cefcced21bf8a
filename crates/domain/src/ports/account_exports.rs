use async_trait::async_trait;

use super::{ChangeError, StoreError};
use crate::{AccountExport, Record, Timestamp, UserId, UserKey};

/// Exports of everything that is stored about a user. Only the auth service uses this port.
#[async_trait]
pub trait AccountExports: Send + Sync {
    /// Writes the record of an export, whose action is [`Action::DataExported`](crate::Action::DataExported).
    ///
    /// - MUST return `TooMany` and write nothing if the audit trail has `limit` exports of the user after `since`. MUST
    ///   serialize concurrent calls for one user.
    /// - MUST return the errors of `Users::update` for an unknown user and for an acting session that is not valid.
    async fn begin(&self, user: &UserId, since: Timestamp, limit: u32, record: Record) -> Result<(), ExportError>;

    /// Reads everything that is stored about the user, of each kind at most the newest `limit` items; `None` if the user
    /// does not exist.
    ///
    /// MUST read one consistent snapshot. MUST leave out audit entries from before the account was created: an earlier
    /// user may have had the same id.
    async fn read(&self, user: UserKey, limit: u32) -> Result<Option<AccountExport>, StoreError>;
}

/// The reason why an export did not begin.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The user has exported the data too often; the time of the earliest export that counts.
    #[error("too many exports")]
    TooMany(Timestamp),
    /// The record was not written.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Change(error.into())
    }
}
