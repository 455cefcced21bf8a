use std::sync::Arc;
use std::time::Duration;

use steward_auth_service::AuthService;
use steward_persistence::Database;
use tokio::time::{MissedTickBehavior, interval, sleep};

const EVERY: Duration = Duration::from_hours(1);
/// What is lost at the most of when sessions were last used, if the process dies.
const LAST_SEEN_EVERY: Duration = Duration::from_secs(15);

/// From one transaction that folds texts to the next, so that other writers have their turn.
const FOLD_PAUSE: Duration = Duration::from_millis(50);
/// From a failure to the next try; then twice as long each time, up to the longest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// Folds the texts for searching that were there before the last migration, until none is left.
pub(crate) async fn fold_texts(database: Database) {
    let mut retry = FIRST_RETRY;
    let mut has_work = false;
    loop {
        match database.fold_texts().await {
            Ok(false) => break,
            Ok(true) => {
                retry = FIRST_RETRY;
                sleep(FOLD_PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "texts are not folded for searching: searches may miss some users until they are");
                sleep(retry).await;
                retry = (retry * 2).min(LONGEST_RETRY);
            }
        }
        has_work = true;
    }
    if has_work {
        tracing::info!("texts are folded for searching");
    }
}

/// Stores the addresses that earlier releases stored in the spelling of this one, as far as no other user has them.
pub(crate) async fn respell_addresses(database: Database) {
    let mut retry = FIRST_RETRY;
    loop {
        match database.respell_addresses().await {
            Ok(0) => return,
            Ok(addresses) => {
                return tracing::info!(addresses, "addresses of earlier releases are stored in one spelling");
            }
            Err(error) => {
                tracing::warn!(%error, "some addresses are in an earlier spelling: searches may miss them until they are not");
                sleep(retry).await;
                retry = (retry * 2).min(LONGEST_RETRY);
            }
        }
    }
}

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
