//! Deletes expired sessions, links and invitations, old sign-in attempts and old mails. A worker runs it periodically.

use chrono::TimeDelta;
use steward_domain::ports::StoreError;

use crate::AuthService;

/// Retention of an ended session, for investigations.
const SESSIONS_KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// Retention of an expired link. Until then, its use is rejected with the reason.
const LINKS_KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Retention of an expired invitation that was not accepted: that of its link.
const INVITATIONS_KEPT_FOR: TimeDelta = LINKS_KEPT_FOR;
/// Retention of a mail that left the queue. It has no content.
const MAILS_KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Rows that one transaction deletes, few enough not to delay other transactions.
const BATCH: u32 = 1000;

impl AuthService {
    /// Deletes sessions whose retention is over. Returns the number of deleted rows.
    pub async fn purge_sessions(&self) -> Result<u64, StoreError> {
        let before = self.clock.now() - SESSIONS_KEPT_FOR;
        let sessions = in_batches(async || self.sessions.purge(before, BATCH).await).await?;
        if sessions > 0 {
            tracing::info!(sessions, "removed old sessions");
        }
        Ok(sessions)
    }

    /// Deletes sign-in attempts older than the configured retention, and failures that no longer count. Returns the
    /// number of deleted rows.
    pub async fn purge_sign_ins(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let (kept_since, counting_since) = (now - self.sign_in_retention, now - self.lockout.longest_memory());
        let attempts = in_batches(async || self.sign_ins.purge(kept_since, BATCH).await).await?;
        let failures = in_batches(async || self.login_attempts.purge(counting_since, BATCH).await).await?;
        let rows = attempts + failures;
        if rows > 0 {
            tracing::info!(rows, "removed old sign-in attempts");
        }
        Ok(rows)
    }

    /// Deletes links whose retention is over. Returns the number of deleted rows.
    pub async fn purge_links(&self) -> Result<u64, StoreError> {
        let before = self.clock.now() - LINKS_KEPT_FOR;
        let links = in_batches(async || self.links.purge(before, BATCH).await).await?;
        if links > 0 {
            tracing::info!(links, "removed expired links");
        }
        Ok(links)
    }

    /// Deletes invitations that were not accepted and whose retention is over. Returns the number of deleted rows.
    pub async fn purge_invitations(&self) -> Result<u64, StoreError> {
        let before = self.clock.now() - INVITATIONS_KEPT_FOR;
        let invitations = in_batches(async || self.invitations.purge(before, BATCH).await).await?;
        if invitations > 0 {
            tracing::info!(invitations, "removed expired invitations");
        }
        Ok(invitations)
    }

    /// Deletes mails that left the queue and whose retention is over. Returns the number of deleted rows.
    pub async fn purge_mails(&self) -> Result<u64, StoreError> {
        let before = self.clock.now() - MAILS_KEPT_FOR;
        let mails = in_batches(async || self.outbox.purge(before, BATCH).await).await?;
        if mails > 0 {
            tracing::info!(mails, "removed old mails");
        }
        Ok(mails)
    }
}

/// Calls `delete` until a batch is not full. Returns the number of deleted rows.
async fn in_batches(delete: impl AsyncFn() -> Result<u64, StoreError>) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let batch = delete().await?;
        deleted += batch;
        if batch < u64::from(BATCH) {
            return Ok(deleted);
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::{AccountName, DisplayName, Origin, Password, Role};
    use steward_testkit::{a_user, at, user_id};

    use crate::accept_invitation::InvitedAccount;
    use crate::testing::{PASSWORD, TestApp};

    #[tokio::test]
    async fn sessions_are_deleted_a_week_after_their_end() {
        const WEEK: i64 = 7 * 24 * 3600;
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        // The sessions are never refreshed, so they end after a week.
        for second in [0, 10] {
            app.clock.set(at(second));
            app.log_in("alice", PASSWORD).await.unwrap();
        }
        for (second, removed) in [(2 * WEEK, 0), (2 * WEEK + 5, 1), (2 * WEEK + 5, 0), (2 * WEEK + 15, 1)] {
            app.clock.set(at(second));
            assert_eq!(app.service.purge_sessions().await.unwrap(), removed, "after {second} s");
        }
    }

    #[tokio::test]
    async fn links_are_deleted_thirty_days_after_they_expire() {
        const DAY: i64 = 24 * 3600;
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let account = AccountName::UserId(user_id("alice"));
        app.service.request_password_reset(account, None, Origin::default()).await.unwrap();
        assert!(app.service.resolve_password_reset().await.unwrap());
        for (second, removed) in [(1800, 0), (30 * DAY + 1800, 0), (30 * DAY + 1801, 1), (31 * DAY, 0)] {
            app.clock.set(at(second));
            assert_eq!(app.service.purge_links().await.unwrap(), removed, "after {second} s");
        }
    }

    #[tokio::test]
    async fn an_invitation_is_deleted_with_its_link_thirty_days_after_it_expires() {
        const DAY: i64 = 24 * 3600;
        let app = TestApp::new().await;
        app.invite_kim(Role::User).await;
        for (second, removed) in [(7 * DAY, 0), (37 * DAY, 0), (37 * DAY + 1, 1), (38 * DAY, 0)] {
            app.clock.set(at(second));
            let counts = (app.service.purge_invitations().await.unwrap(), app.service.purge_links().await.unwrap());
            assert_eq!(counts, (removed, removed), "after {second} s");
        }
    }

    #[tokio::test]
    async fn an_accepted_invitation_stays_with_its_account() {
        let app = TestApp::new().await;
        let token = app.invite_kim(Role::User).await;
        let account = InvitedAccount {
            user_id: user_id("kim"),
            name: DisplayName::parse("Kim").unwrap(),
            password: Password::parse("correct horse").unwrap(),
        };
        app.service.accept_invitation(&token, account, None, Origin::default()).await.unwrap();
        app.clock.set(at(100 * 24 * 3600));
        assert_eq!(app.service.purge_invitations().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn attempts_are_deleted_after_ninety_days_and_failures_once_they_lapse() {
        const DAY: i64 = 24 * 3600;
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        app.log_in("alice", PASSWORD).await.unwrap();
        app.log_in("alice", "wrong").await.unwrap_err();
        // The address is known, so the failure counts for its source only.
        for (second, removed) in [(3600, 0), (3631, 1), (90 * DAY, 0), (90 * DAY + 1, 2), (91 * DAY, 0)] {
            app.clock.set(at(second));
            assert_eq!(app.service.purge_sign_ins().await.unwrap(), removed, "after {second} s");
        }
    }
}
