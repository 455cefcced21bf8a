//! Removes what was kept for long enough, so that storage does not keep every sign-in there ever was. To be called now and
//! then, by any number of processes.

use chrono::TimeDelta;
use steward_domain::ports::StoreError;

use crate::AuthService;

/// How long a session is kept after its end, for whoever looks into what happened.
const SESSIONS_KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// Rows removed in one transaction: few enough that nobody waits for it.
const BATCH: u32 = 1000;

impl AuthService {
    /// Removes sessions that are long over. Returns how many that were.
    pub async fn purge_sessions(&self) -> Result<u64, StoreError> {
        let before = self.clock.now() - SESSIONS_KEPT_FOR;
        in_batches(async || self.sessions.purge(before, BATCH).await).await
    }

    /// Removes attempts to sign in that are older than the settings allow, and failures that count no more. Returns how
    /// many rows that were.
    pub async fn purge_sign_ins(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let (kept_since, counting_since) = (now - self.sign_in_retention, now - self.lockout.longest_memory());
        let attempts = in_batches(async || self.sign_ins.purge(kept_since, BATCH).await).await?;
        let failures = in_batches(async || self.login_attempts.purge(counting_since, BATCH).await).await?;
        Ok(attempts + failures)
    }
}

/// Removes batch after batch, up to the first that is not full. Returns how many rows that were.
async fn in_batches(remove: impl AsyncFn() -> Result<u64, StoreError>) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let batch = remove().await?;
        removed += batch;
        if batch < u64::from(BATCH) {
            return Ok(removed);
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_testkit::{a_user, at};

    use crate::testing::{PASSWORD, TestApp};

    #[tokio::test]
    async fn sessions_go_a_week_after_their_end() {
        const WEEK: i64 = 7 * 24 * 3600;
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        // Nobody refreshes them, so that they end after a week.
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
    async fn attempts_go_after_ninety_days_and_failures_when_they_count_no_more() {
        const DAY: i64 = 24 * 3600;
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        app.log_in("alice", PASSWORD).await.unwrap();
        app.log_in("alice", "wrong").await.unwrap_err();
        // The address has signed in before, so that the failure counts for the one source alone.
        for (second, removed) in [(3600, 0), (3631, 1), (90 * DAY, 0), (90 * DAY + 1, 2), (91 * DAY, 0)] {
            app.clock.set(at(second));
            assert_eq!(app.service.purge_sign_ins().await.unwrap(), removed, "after {second} s");
        }
    }
}
