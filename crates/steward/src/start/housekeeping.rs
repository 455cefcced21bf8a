use std::time::Duration;

use steward_persistence::Database;
use steward_web::service::BackgroundTask;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::wiring::Process;

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

/// Starts the background tasks of the services. Each runs at once and then at its interval, so that a process that is
/// restarted daily runs them, too.
pub(crate) fn start_tasks(process: &Process) {
    for task in process.tasks() {
        actix_web::rt::spawn(repeat(task.clone()));
    }
}

async fn repeat(task: BackgroundTask) {
    let mut due = interval(task.interval());
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        let (name, task) = (task.name(), task.clone());
        // A task of its own, because a panic must not end the repetition.
        if let Err(error) = actix_web::rt::spawn(async move { run(&task).await }).await {
            tracing::error!(task = name, %error, "a background task panicked");
        }
    }
}

/// Runs the tasks that must run once more when the process stops.
pub(crate) async fn run_last_tasks(process: &Process) {
    for task in process.tasks().filter(|task| task.is_run_at_stop()) {
        run(task).await;
    }
}

async fn run(task: &BackgroundTask) {
    if let Err(error) = task.run().await {
        tracing::warn!(task = task.name(), %error, "a background task failed");
    }
}
