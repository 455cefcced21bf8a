use std::sync::Arc;
use std::time::Duration;

use steward_auth_service::AuthService;
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_hours(1);
/// What is lost at the most of when sessions were last used, if the process dies.
const LAST_SEEN_EVERY: Duration = Duration::from_secs(15);

/// Writes down when sessions were last used, for as long as the process lives.
pub(crate) async fn write_last_seen(service: Arc<AuthService>) {
    let mut due = interval(LAST_SEEN_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        if let Err(error) = service.write_last_seen().await {
            tracing::warn!(%error, "when sessions were last used is not written yet");
        }
    }
}

/// Removes what is kept of sessions and sign-ins for long enough, now and then, for as long as the process lives.
pub(crate) async fn purge(service: Arc<AuthService>) {
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
        match service.purge_sign_ins().await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "removed attempts to sign in that were kept for long enough"),
            Err(error) => tracing::warn!(%error, "attempts to sign in that were kept for long enough were not removed"),
        }
    }
}
