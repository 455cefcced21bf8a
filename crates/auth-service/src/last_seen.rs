//! The last use of each session. Uses are noted in memory and written to storage in batches. If the process dies, the
//! noted uses are lost.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use steward_domain::ports::StoreError;
use steward_domain::{AuthenticatedSession, SessionId, Timestamp};

use crate::AuthService;

/// Maximum age of the stored last use; an older one is replaced.
pub const STALE_AFTER: TimeDelta = TimeDelta::seconds(60);
/// Maximum number of sessions that are noted between two writes. Uses of further sessions are ignored until the next
/// write.
pub const MOST: usize = 100_000;
/// Number of sessions that one statement writes.
const BATCH: usize = 5_000;

/// Sessions that were used since the last write.
#[derive(Default)]
pub(crate) struct LastSeen(Mutex<HashMap<SessionId, Timestamp>>);

impl LastSeen {
    /// Notes a use if the stored last use is older than [`STALE_AFTER`] or from an earlier day. The count of daily
    /// active users needs one use per day.
    pub(crate) fn touch(&self, session: &AuthenticatedSession, now: Timestamp) {
        let last = session.last_seen_at;
        if now - last > STALE_AFTER || now.date_naive() > last.date_naive() {
            self.put(session.id, now);
        }
    }

    fn put(&self, id: SessionId, at: Timestamp) {
        let mut noted = self.noted();
        if let Some(then) = noted.get_mut(&id) {
            *then = at.max(*then);
        } else if noted.len() < MOST {
            noted.insert(id, at);
        }
    }

    fn take(&self) -> Vec<(SessionId, Timestamp)> {
        std::mem::take(&mut *self.noted()).into_iter().collect()
    }

    // Each update of the map is complete, so a poisoned lock guards a valid map.
    fn noted(&self) -> MutexGuard<'_, HashMap<SessionId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuthService {
    /// Writes the uses that this process has noted to storage. The process runs it periodically and before it ends. Uses
    /// that cannot be written stay noted.
    pub async fn write_last_seen(&self) -> Result<(), StoreError> {
        let noted = self.last_seen.take();
        let mut batches = noted.chunks(BATCH);
        while let Some(batch) = batches.next() {
            if let Err(error) = self.sessions.record_last_seen(batch).await {
                batch.iter().chain(batches.flatten()).for_each(|(id, at)| self.last_seen.put(*id, *at));
                return Err(error);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use steward_contracts::services::Authenticator;
    use steward_testkit::{a_user, at};

    use super::*;
    use crate::testing::{PASSWORD, TestApp};

    async fn last_seen_at(app: &TestApp, token: &str) -> Timestamp {
        app.service.authenticate(token).await.unwrap().last_seen_at
    }

    #[tokio::test]
    async fn a_use_is_written_if_the_last_one_is_a_minute_old() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for (now, expected) in [(60, 0), (61, 61), (100, 61), (121, 61), (122, 122)] {
            app.clock.set(at(now));
            last_seen_at(&app, &token).await;
            app.service.write_last_seen().await.unwrap();
            assert_eq!(last_seen_at(&app, &token).await, at(expected), "at {now} s");
        }
    }

    #[tokio::test]
    async fn a_clock_step_neither_ends_a_session_nor_moves_its_last_use_back() {
        for step in [-300, -7_200, 300, 3_000] {
            let app = TestApp::new().await;
            app.create(a_user("alice")).await;
            let token = app.log_in("alice", PASSWORD).await.unwrap().token;
            app.clock.advance(TimeDelta::seconds(90));
            last_seen_at(&app, &token).await;
            app.clock.step(TimeDelta::seconds(step));
            last_seen_at(&app, &token).await;
            app.service.write_last_seen().await.unwrap();
            assert_eq!(last_seen_at(&app, &token).await, at(90 + step.max(0)), "{step} s");
            // The next use is noted once the clock has caught up.
            app.clock.set(at(90 + step.max(0) + 61));
            last_seen_at(&app, &token).await;
            app.service.write_last_seen().await.unwrap();
            assert_eq!(last_seen_at(&app, &token).await, at(90 + step.max(0) + 61), "{step} s");
        }
    }

    #[tokio::test]
    async fn the_first_use_of_a_day_is_always_written() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let midnight = (at(0) + TimeDelta::days(1)).date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        app.clock.set(midnight - TimeDelta::seconds(2));
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for (now, expected) in [(-1, -2), (0, 0), (1, 0)] {
            app.clock.set(midnight + TimeDelta::seconds(now));
            last_seen_at(&app, &token).await;
            app.service.write_last_seen().await.unwrap();
            assert_eq!(
                last_seen_at(&app, &token).await,
                midnight + TimeDelta::seconds(expected),
                "{now} s after midnight"
            );
        }
    }

    #[tokio::test]
    async fn only_the_latest_use_is_written() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for now in [100, 300, 200] {
            app.clock.set(at(now));
            last_seen_at(&app, &token).await;
        }
        assert_eq!(app.service.last_seen.noted().len(), 1);
        app.service.write_last_seen().await.unwrap();
        assert_eq!(last_seen_at(&app, &token).await, at(300));
        assert!(app.service.last_seen.noted().is_empty());
    }

    #[test]
    fn the_number_of_noted_sessions_is_limited() {
        let last_seen = LastSeen::default();
        for n in 0..=MOST {
            last_seen.put(SessionId::from_bytes((n as u128).to_be_bytes()), at(0));
        }
        assert_eq!(last_seen.noted().len(), MOST);
        last_seen.put(SessionId::from_bytes([0; 16]), at(9));
        assert_eq!(last_seen.noted()[&SessionId::from_bytes([0; 16])], at(9));
    }
}
