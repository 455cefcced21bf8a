use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use steward_web::Metrics;
use steward_web::service::BackgroundTask;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};

use crate::metrics::TaskMetrics;
use crate::ports::WorkerPorts;
use crate::repetition::Repetition;

/// The longest time that the last run of a task takes.
const LAST_RUN: Duration = Duration::from_secs(5);

/// Runs background tasks in one process.
pub struct Worker {
    ports: Arc<WorkerPorts>,
    metrics: TaskMetrics,
}

impl Worker {
    /// Creates a worker and registers its metrics. Returns an error only if the metrics are registered already.
    pub fn new(ports: WorkerPorts, metrics: &Metrics) -> Result<Self, prometheus::Error> {
        Ok(Self { ports: Arc::new(ports), metrics: TaskMetrics::register(metrics)? })
    }

    /// Starts to repeat `tasks` on the current thread. No run starts once `stop` resolves, or once the returned value is
    /// dropped.
    ///
    /// # Panics
    /// Outside of a local task set, such as that of an actix system.
    pub fn start(
        &self,
        tasks: impl IntoIterator<Item = BackgroundTask>,
        stop: impl Future<Output = ()> + 'static,
    ) -> RunningTasks {
        let (stopped, receiver) = watch::channel(false);
        let stopped = Arc::new(stopped);
        let repetition = |task: BackgroundTask| {
            self.metrics.add(task.name());
            Repetition { task, ports: Arc::clone(&self.ports), metrics: self.metrics.clone(), stop: receiver.clone() }
        };
        let all: Vec<_> = tasks.into_iter().map(repetition).collect();
        let loops = all.iter().cloned().map(|one| spawn_local(one.repeat())).collect();
        let weak = Arc::downgrade(&stopped);
        spawn_local(async move {
            stop.await;
            if let Some(stopped) = weak.upgrade() {
                stopped.send_replace(true);
            }
        });
        let last = all.into_iter().filter(|one| !one.task.kind().is_for_workers()).collect();
        RunningTasks { stopped, loops, last }
    }
}

/// The tasks that a worker repeats. To drop them stops them.
pub struct RunningTasks {
    stopped: Arc<watch::Sender<bool>>,
    loops: Vec<JoinHandle<()>>,
    /// The tasks that run once more at the stop.
    last: Vec<Repetition>,
}

impl RunningTasks {
    /// Starts no further run, waits for the runs in progress, and then runs each task of the kind `PerProcess` once
    /// more.
    ///
    /// Runs that do not end within the drain time of the stop are cut. The last runs take 5 seconds at most.
    pub async fn finish(self) {
        self.stopped.send_replace(true);
        for ended in join_all(self.loops).await {
            if let Err(error) = ended {
                tracing::error!(%error, "the repetition of a background task ended");
            }
        }
        join_all(self.last.into_iter().map(|one| one.run_last(LAST_RUN))).await;
    }
}
