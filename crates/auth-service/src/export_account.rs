//! Exports everything that is stored about the signed-in user.

use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::ports::{ChangeError, ExportError, StoreError};
use steward_domain::{
    AccountExport, Action, AuditEntry, AuthenticatedSession, MailContent, NewMessage, Origin, Record, Timestamp,
};

use crate::AuthService;

/// Maximum number of items of each kind.
pub const MAX_ITEMS: u32 = 10_000;
/// Exports per user in [`WINDOW`].
const MAX_EXPORTS: u32 = 3;
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Errors of [`AuthService::export_account`].
#[derive(Debug, thiserror::Error)]
pub enum ExportAccountError {
    /// The user has exported the data too often; the time until the next export is allowed.
    #[error("too many exports; try again later")]
    TooMany(Duration),
    /// The session is no longer valid.
    #[error("the acting session is no longer valid")]
    SignedOut,
    /// The record of the export was not written.
    #[error(transparent)]
    Change(ChangeError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthService {
    /// Returns everything that is stored about the session's user, and the time of the export. The audit trail records the
    /// export, and a mail reports it.
    pub async fn export_account(
        &self,
        session: &AuthenticatedSession,
        origin: Origin,
    ) -> Result<(AccountExport, Timestamp), ExportAccountError> {
        let (user, now) = (&session.user, self.clock.now());
        let entry = AuditEntry::by(&session.actor(), Action::DataExported, &user.user_id, now, origin.clone());
        let notice = NewMessage::to(user, MailContent::DataExported { origin });
        let record = Record::from(entry).with_notice(self.mail_policy(), notice);
        match self.account_exports.begin(&user.user_id, now - WINDOW, MAX_EXPORTS, record).await {
            Ok(()) => {}
            Err(ExportError::TooMany(earliest)) => {
                return Err(ExportAccountError::TooMany((earliest + WINDOW - now).to_std().unwrap_or_default()));
            }
            Err(ExportError::Change(ChangeError::ActorGone | ChangeError::NotFound)) => {
                return Err(ExportAccountError::SignedOut);
            }
            Err(ExportError::Change(error)) => return Err(ExportAccountError::Change(error)),
        }
        let export = self.account_exports.read(user.id, MAX_ITEMS).await?.ok_or(ExportAccountError::SignedOut)?;
        Ok((export, now))
    }
}
