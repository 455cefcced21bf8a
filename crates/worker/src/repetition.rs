use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use steward_web::server::DRAIN_SECONDS;
use steward_web::service::{BackgroundTask, TaskKind};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::lease::Lease;
use crate::metrics::TaskMetrics;
use crate::outcome::Outcome;
use crate::ports::WorkerPorts;
use crate::schedule::{Schedule, Wait};

/// The longest time after a stop in which a run may end by itself.
const DRAIN: Duration = Duration::from_secs(DRAIN_SECONDS);

/// The repetition of one task.
#[derive(Clone)]
pub(crate) struct Repetition {
    pub(crate) task: BackgroundTask,
    pub(crate) ports: Arc<WorkerPorts>,
    pub(crate) metrics: TaskMetrics,
    /// Becomes true, or loses its sender, when the process stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl Repetition {
    /// Repeats the task until the stop. A run in progress may end within the drain time.
    pub(crate) async fn repeat(self) {
        let mut schedule = Schedule::new(self.task.interval(), Arc::clone(&self.ports.random));
        let mut wait = schedule.first();
        while self.is_due_after(wait).await {
            wait = schedule.after(self.run().await);
        }
    }

    /// Runs the task after the stop, within this time.
    pub(crate) async fn run_last(self, deadline: Duration) {
        if tokio::time::timeout(deadline, self.attempt()).await.is_err() {
            tracing::warn!(task = self.task.name(), "the last run of a background task took too long");
        }
    }

    /// Waits for the next run. Returns false if the process stops first.
    async fn is_due_after(&self, wait: Wait) -> bool {
        tokio::select! {
            biased;
            () = self.stopped() => false,
            () = self.task.waker().woken(), if wait.is_wakeable => true,
            () = sleep(wait.duration) => true,
        }
    }

    async fn stopped(&self) {
        // Without a sender the tasks were dropped, which stops them, too.
        let _ = self.stop.clone().wait_for(|is_stopped| *is_stopped).await;
    }

    async fn run(&self) -> Outcome {
        let started = Instant::now();
        let run = async {
            match self.task.kind() {
                TaskKind::Exclusive => self.attempt_exclusively().await,
                TaskKind::PerProcess | TaskKind::QueueConsumer => self.attempt().await,
            }
        };
        let drained = async {
            self.stopped().await;
            sleep(DRAIN).await;
        };
        let outcome = tokio::select! {
            outcome = run => outcome,
            () = drained => Outcome::Cut,
        };
        let task = self.task.name();
        match outcome {
            Outcome::Cut => tracing::warn!(task, "stopped: cut a background task that did not end in time"),
            Outcome::LeaseLost => tracing::warn!(task, "a background task lost its lease and was cut"),
            _ => {}
        }
        self.metrics.record(task, outcome, started.elapsed(), self.ports.clock.now());
        outcome
    }

    /// Runs the task while this worker holds its lease.
    async fn attempt_exclusively(&self) -> Outcome {
        let lease = Lease { task: self.task.name(), ports: &self.ports };
        let valid_until = match lease.acquire().await {
            Ok(Some(valid_until)) => valid_until,
            Ok(None) => return Outcome::Skipped,
            Err(error) => {
                tracing::warn!(task = self.task.name(), %error, "failed to acquire the lease of a background task");
                return Outcome::Failed;
            }
        };
        let outcome = tokio::select! {
            outcome = self.attempt() => outcome,
            () = lease.extend_until_lost(valid_until) => return Outcome::LeaseLost,
        };
        let settled = match outcome {
            Outcome::Succeeded(_) => lease.keep_for(self.task.interval()).await,
            _ => lease.release().await,
        };
        if let Err(error) = settled {
            // The lease expires by itself.
            tracing::warn!(task = self.task.name(), %error, "the lease of a background task was not settled");
        }
        outcome
    }

    async fn attempt(&self) -> Outcome {
        let task = self.task.name();
        match AssertUnwindSafe(self.task.run()).catch_unwind().await {
            Ok(Ok(progress)) => Outcome::Succeeded(progress),
            Ok(Err(error)) => {
                tracing::warn!(task, %error, "a background task failed");
                Outcome::Failed
            }
            // The panic hook has logged the message.
            Err(_) => {
                tracing::error!(task, "a background task panicked");
                Outcome::Panicked
            }
        }
    }
}
