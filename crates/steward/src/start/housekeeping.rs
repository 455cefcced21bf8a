use std::sync::Arc;
use std::time::Duration;

use steward_auth_service::AuthService;
use steward_persistence::Database;
use tokio::time::{MissedTickBehavior, interval, sleep};

const EVERY: Duration = Duration::from_hours(1);
/// Longest time whose session use is lost if the process crashes.
const LAST_SEEN_EVERY: Duration = Duration::from_secs(15);

/// Pause between two transactions that fold texts, so that other writers can proceed.
const FOLD_PAUSE: Duration = Duration::from_millis(50);
/// Waits after failures: one second after the first, and twice as long after each further one, up to a minute.
struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_mins(1);

    async fn wait(&mut self) {
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

/// Folds the texts from before the last migration for searching, until none is left.
pub(crate) async fn fold_texts(database: Database) {
    let mut backoff = Backoff::default();
    let mut has_work = false;
    loop {
        match database.fold_texts().await {
            Ok(false) => break,
            Ok(true) => {
                backoff = Backoff::default();
                sleep(FOLD_PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "texts are not folded for searching yet, so searches may miss users");
                backoff.wait().await;
            }
        }
        has_work = true;
    }
    if has_work {
        tracing::info!("texts are folded for searching");
    }
}

/// Stores the addresses of earlier releases in the spelling of this one, unless another user has that address.
pub(crate) async fn respell_addresses(database: Database) {
    let mut backoff = Backoff::default();
    loop {
        match database.respell_addresses().await {
            Ok(0) => return,
            Ok(addresses) => {
                return tracing::info!(addresses, "addresses of earlier releases are stored in one spelling");
            }
            Err(error) => {
                tracing::warn!(%error, "some addresses are stored in an earlier spelling, so searches may miss them");
                backoff.wait().await;
            }
        }
    }
}

/// Periodically writes when sessions were last used.
pub(crate) async fn write_last_seen(service: Arc<AuthService>) {
    let mut due = interval(LAST_SEEN_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        if let Err(error) = service.write_last_seen().await {
            tracing::warn!(%error, "failed to write the last use of sessions; trying again");
        }
    }
}

/// Periodically removes old sessions and sign-in attempts.
pub(crate) async fn purge(service: Arc<AuthService>) {
    let mut due = interval(EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick completes at once, so that a process that is restarted daily purges, too. It delays no request.
    loop {
        due.tick().await;
        match service.purge_sessions().await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "removed old sessions"),
            Err(error) => tracing::warn!(%error, "failed to remove old sessions"),
        }
        match service.purge_sign_ins().await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "removed old sign-in attempts"),
            Err(error) => tracing::warn!(%error, "failed to remove old sign-in attempts"),
        }
    }
}
