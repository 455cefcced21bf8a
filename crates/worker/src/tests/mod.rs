//! Tasks in paused time, with the leases of an SQLite database.

mod leases;
mod repeating;
mod stopping;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::Timestamp;
use steward_domain::ports::{Clock, StoreError, TaskLeases};
use steward_persistence::{Database, DatabaseSettings, SqlTaskLeases};
use steward_testkit::the_beginning;
use steward_web::Metrics;
use steward_web::service::{BackgroundTask, TaskProgress};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{RunningTasks, Worker, WorkerPorts};

const HOUR: Duration = Duration::from_hours(1);
const NAME: &str = "work";

/// A clock that runs with tokio's paused time.
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        the_beginning() + TimeDelta::from_std(self.monotonic()).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What a run does.
#[derive(Clone, Copy)]
enum Step {
    Done,
    More,
    Fail,
    Panic,
    /// Takes this number of seconds.
    Take(u64),
}

/// A service whose runs follow a plan; the last step repeats.
struct Work {
    start: Instant,
    plan: Vec<Step>,
    /// The times at which the runs started, in milliseconds.
    runs: Mutex<Vec<u128>>,
}

impl Work {
    fn new(plan: &[Step]) -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), plan: plan.to_vec(), runs: Mutex::default() })
    }

    fn runs(&self) -> Vec<u128> {
        self.runs.lock().unwrap().clone()
    }

    async fn run(&self) -> Result<TaskProgress, StoreError> {
        let step = {
            let mut runs = self.runs.lock().unwrap();
            runs.push(self.start.elapsed().as_millis());
            self.plan[(runs.len() - 1).min(self.plan.len() - 1)]
        };
        match step {
            Step::Done => Ok(TaskProgress::Done),
            Step::More => Ok(TaskProgress::MoreDue),
            Step::Fail => Err(StoreError::unavailable("away")),
            Step::Panic => panic!("the plan has a panic"),
            Step::Take(seconds) => {
                sleep(Duration::from_secs(seconds)).await;
                Ok(TaskProgress::Done)
            }
        }
    }

    fn exclusive(self: &Arc<Self>) -> BackgroundTask {
        BackgroundTask::exclusive(NAME, HOUR, self, Self::run)
    }

    fn per_process(self: &Arc<Self>) -> BackgroundTask {
        BackgroundTask::per_process(NAME, HOUR, self, Self::run)
    }

    fn queue_consumer(self: &Arc<Self>) -> BackgroundTask {
        BackgroundTask::queue_consumer(NAME, HOUR, self, Self::run)
    }
}

/// The leases that several workers share.
struct Shared {
    leases: Arc<dyn TaskLeases>,
    clock: Arc<PausedClock>,
    _folder: TempDir,
}

impl Shared {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/steward.db", folder.path().display());
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        database.migrate().await.unwrap();
        let leases = Arc::new(SqlTaskLeases::new(database));
        Self { leases, clock: Arc::new(PausedClock(Instant::now())), _folder: folder }
    }

    /// A worker without jitter, in a process of its own.
    fn worker(&self, holder: &str) -> Process {
        let ports = WorkerPorts {
            leases: Arc::clone(&self.leases),
            clock: Arc::<PausedClock>::clone(&self.clock),
            holder: holder.to_owned(),
            random: Arc::new(|| 0.5),
        };
        let metrics = Metrics::new().unwrap();
        Process { worker: Worker::new(ports, &metrics).unwrap(), metrics }
    }

    async fn acquire(&self, holder: &str, now: Timestamp) -> bool {
        self.leases.acquire(NAME, holder, now, TimeDelta::hours(1)).await.unwrap()
    }
}

struct Process {
    worker: Worker,
    metrics: Metrics,
}

impl Process {
    /// Starts a task that is stopped by `finish` or a drop.
    fn start(&self, task: BackgroundTask) -> RunningTasks {
        self.worker.start([task], std::future::pending())
    }

    /// Returns the value of a metric of the task.
    fn metric(&self, name: &str) -> Option<String> {
        let text = String::from_utf8(self.metrics.text().unwrap()).unwrap();
        text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
    }

    fn runs(&self, outcome: &str) -> Option<String> {
        self.metric(&format!("steward_task_runs_total{{outcome=\"{outcome}\",task=\"{NAME}\"}}"))
    }
}

async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}
