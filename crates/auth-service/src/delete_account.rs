//! Deletes the account of the signed-in user, restores it, and erases it after a time of grace.

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::policy;
use steward_domain::ports::{AccountCredentials, ChangeError, Decision, LockedUser, StoreError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, MailContent, NewMessage, Origin, PasswordAttempt, Record, Timestamp,
    UserId,
};

use crate::AuthService;
use crate::current_password::CurrentPasswordError;

/// The time in which a user may restore a deleted account.
pub const GRACE: TimeDelta = TimeDelta::days(14);
/// Accounts that one query returns, and rows that one transaction deletes.
const BATCH: u32 = 100;

/// Errors of [`AuthService::delete_account`].
#[derive(Debug, thiserror::Error)]
pub enum DeleteAccountError {
    /// The password was not accepted, the session has ended, or the service failed.
    #[error(transparent)]
    Current(#[from] CurrentPasswordError),
    /// The account was not changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// A deleted account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledDeletion {
    /// When the account was deleted.
    pub deleted_at: Timestamp,
    /// When the account will be erased.
    pub purge_at: Timestamp,
}

impl AuthService {
    /// Deactivates the account of the session's user, ends every session of it, and schedules its erasure.
    ///
    /// Requires the password, so that a stolen session does not suffice.
    pub async fn delete_account(
        self: &Arc<Self>,
        session: &AuthenticatedSession,
        password: &PasswordAttempt,
        origin: &Origin,
    ) -> Result<ScheduledDeletion, DeleteAccountError> {
        loop {
            let checked = self.check_current_password(session, password).await?;
            let deleted_at = self.clock.now();
            let purge_at = deleted_at + GRACE;
            let (actor, origin, mail) = (session.actor(), origin.clone(), self.mail_policy());
            let decide: Decision<Record> = Box::new(move |locked: &LockedUser| {
                policy::authorize_own_deletion(locked.is_last_super_admin)?;
                let user = &locked.user;
                let entry = AuditEntry::by(&actor, Action::AccountDeletionRequested, &user.user_id, deleted_at, origin);
                let notice = NewMessage::to(user, MailContent::DeletionScheduled { purge_at });
                Ok(Record::from(entry.with_details(format!("purge_at: {purge_at:?}"))).with_notice(mail, notice))
            });
            match self.deletions.schedule(&session.user.user_id, &checked, purge_at, decide).await {
                Ok(_) => return Ok(ScheduledDeletion { deleted_at, purge_at }),
                // The hash was replaced concurrently, so the password must be verified against the new hash.
                Err(ChangeError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Restores a deleted account that is not due to be erased, after its password was checked. Does nothing if it is not
    /// deleted any more, an administrator has deactivated it, or its password hash has changed.
    pub(crate) async fn restore_account(&self, account: &AccountCredentials, origin: Origin) -> Result<(), StoreError> {
        let now = self.clock.now();
        let decide: Decision<Option<Record>> = Box::new(move |locked: &LockedUser| {
            let is_restorable = locked.user.restorable_until().is_some_and(|end| now < end);
            let entry = AuditEntry::by_owner(&locked.user, Action::AccountRestored, now, origin);
            Ok(is_restorable.then(|| entry.into()))
        });
        match self.deletions.restore(&account.user.user_id, &account.password_hash, decide).await {
            Err(ChangeError::Store(error)) => Err(error),
            // The sign-in that follows fails for the same reason.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Erases the accounts whose grace is over, and deletes the notices of earlier erasures. Returns the number of erased
    /// accounts. Any number of processes may run it periodically.
    pub async fn erase_deleted_accounts(&self) -> Result<u64, StoreError> {
        let mut erased = 0;
        loop {
            let due = self.deletions.due(self.clock.now(), BATCH).await?;
            let before = erased;
            for user in &due {
                match self.erase(user).await {
                    Ok(()) => erased += 1,
                    // Another process erased it.
                    Err(ChangeError::NotFound) => {}
                    Err(error) => tracing::error!(%error, %user, "a deleted account was not erased; it is tried again"),
                }
            }
            if due.len() < BATCH as usize || erased == before {
                break;
            }
        }
        while self.deletions.forget_notices(BATCH).await? == u64::from(BATCH) {}
        if erased > 0 {
            tracing::info!(erased, "erased deleted accounts");
        }
        Ok(erased)
    }

    async fn erase(&self, user: &UserId) -> Result<(), ChangeError> {
        let (now, mail) = (self.clock.now(), self.mail_policy());
        let decide: Decision<Option<Record>> = Box::new(move |locked: &LockedUser| {
            let user = &locked.user;
            let is_due = user.purge_at.is_some_and(|purge_at| purge_at <= now);
            let entry = AuditEntry::by_system(Action::AccountErased, &user.user_id, now, Origin::default());
            let notice = NewMessage::to(user, MailContent::AccountDeleted).without_account();
            Ok(is_due.then(|| Record::from(entry).with_notice(mail, notice)))
        });
        self.deletions.erase(user, decide).await
    }
}

#[cfg(test)]
mod tests;
