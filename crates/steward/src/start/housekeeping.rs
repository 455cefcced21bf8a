use std::sync::Arc;
use std::time::Duration;

use steward_auth_service::AuthService;
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_hours(1);

/// Removes sessions that are long over, now and then, for as long as the process lives.
pub(crate) async fn purge_sessions(service: Arc<AuthService>) {
    let mut due = interval(EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once: a process that is started daily purges too, and purging waits for nobody.
    loop {
        due.tick().await;
        match service.purge_sessions().await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "removed sessions that are long over"),
            Err(error) => tracing::warn!(%error, "sessions that are long over were not removed"),
        }
    }
}
