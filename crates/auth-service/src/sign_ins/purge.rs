//! Removes what is kept of sign-ins when its time is over.

use steward_domain::ports::StoreError;

use crate::AuthService;

/// Rows removed in one transaction: few enough that nobody waits for it.
const BATCH: u32 = 1000;

impl AuthService {
    /// Removes attempts to sign in that are older than the settings allow, and failures that count no more. Returns how
    /// many rows that were. To be called now and then, by any number of processes.
    pub async fn purge_sign_ins(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let (kept_since, counting_since) = (now - self.sign_in_retention, now - self.lockout.longest_memory());
        let mut removed = 0;
        loop {
            let batch = self.sign_ins.purge(kept_since, BATCH).await?;
            removed += batch;
            if batch < u64::from(BATCH) {
                break;
            }
        }
        loop {
            let batch = self.login_attempts.purge(counting_since, BATCH).await?;
            removed += batch;
            if batch < u64::from(BATCH) {
                return Ok(removed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_testkit::{a_user, at};

    use crate::testing::{PASSWORD, Stage};

    #[tokio::test]
    async fn attempts_go_after_ninety_days_and_failures_when_they_count_no_more() {
        const DAY: i64 = 24 * 3600;
        let stage = Stage::new().await;
        stage.create(a_user("alice")).await;
        stage.log_in("alice", PASSWORD).await.unwrap();
        stage.log_in("alice", "wrong").await.unwrap_err();
        // The address has signed in before, so that the failure counts for the one source alone.
        for (second, removed) in [(3600, 0), (3631, 1), (90 * DAY, 0), (90 * DAY + 1, 2), (91 * DAY, 0)] {
            stage.clock.set(at(second));
            assert_eq!(stage.service.purge_sign_ins().await.unwrap(), removed, "after {second} s");
        }
    }
}
