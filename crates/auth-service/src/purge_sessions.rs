//! Removes sessions that ended long ago, so that storage does not keep every sign-in there ever was.

use chrono::TimeDelta;
use steward_domain::ports::StoreError;

use crate::AuthService;

/// How long a session is kept after its end, for whoever looks into what happened.
pub const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// Sessions removed in one transaction: few enough that nobody waits for it.
const BATCH: u32 = 1000;

impl AuthService {
    /// Removes what is due and returns how many sessions that were. To be called now and then, by any number of
    /// processes.
    pub async fn purge_sessions(&self) -> Result<u64, StoreError> {
        let before = self.clock.now() - KEPT_FOR;
        let mut removed = 0;
        loop {
            let batch = self.sessions.purge(before, BATCH).await?;
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
    async fn sessions_go_a_week_after_their_end() {
        const WEEK: i64 = 7 * 24 * 3600;
        let stage = Stage::new().await;
        stage.create(a_user("alice")).await;
        // Nobody refreshes them, so that they end after a week.
        for second in [0, 10] {
            stage.clock.set(at(second));
            stage.log_in("alice", PASSWORD).await.unwrap();
        }
        for (second, removed) in [(2 * WEEK, 0), (2 * WEEK + 5, 1), (2 * WEEK + 5, 0), (2 * WEEK + 15, 1)] {
            stage.clock.set(at(second));
            assert_eq!(stage.service.purge_sessions().await.unwrap(), removed, "after {second} s");
        }
    }
}
