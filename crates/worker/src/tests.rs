//! Tasks in paused time, with the leases of an SQLite database.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::Timestamp;
use steward_domain::ports::{Clock, StoreError, TaskLeases};
use steward_persistence::{Database, DatabaseSettings, SqlTaskLeases};
use steward_testkit::the_beginning;
use steward_web::Metrics;
use steward_web::service::{BackgroundTask, TaskProgress, TaskWaker};
use tempfile::TempDir;
use tokio::task::LocalSet;
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

#[tokio::test(start_paused = true)]
async fn a_task_runs_soon_after_the_start_and_then_at_its_interval() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for task in [Work::per_process, Work::exclusive, Work::queue_consumer] {
                let (work, process) = (Work::new(&[Step::Done]), shared.worker("one"));
                let running = process.start(task(&work));
                seconds(2 * 3600 + 1).await;
                assert_eq!(work.runs(), [500, 3_600_500, 7_200_500]);
                drop(running);
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_are_followed_by_longer_waits_and_do_not_end_the_repetition() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for task in [Work::per_process, Work::exclusive, Work::queue_consumer] {
                let work = Work::new(&[Step::Fail, Step::Panic, Step::Fail, Step::Done]);
                let process = shared.worker("one");
                let running = process.start(task(&work));
                seconds(5).await;
                let failures = || process.metric("steward_task_consecutive_failures{task=\"work\"}").unwrap();
                assert_eq!((work.runs(), failures()), (vec![500, 1_500, 3_500], "3".to_owned()));
                seconds(3605).await;
                assert_eq!((work.runs().len(), failures()), (5, "0".to_owned()));
                assert_eq!(work.runs()[3..], [7_500, 3_607_500]);
                let runs = ["failed", "panicked", "succeeded"].map(|outcome| process.runs(outcome).unwrap());
                assert_eq!(runs, ["2", "1", "2"]);
                drop(running);
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_consumer_runs_again_at_once_while_more_work_is_due() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::More, Step::More, Step::Done]), shared.worker("one"));
            let _running = process.start(work.queue_consumer());
            seconds(60).await;
            let runs = work.runs();
            assert!(runs.len() == 3 && runs.iter().all(|at| (500..510).contains(at)), "{runs:?}");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_woken_task_runs_before_its_interval_but_not_before_the_end_of_a_back_off() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let plan = [Step::Done, Step::Take(10), Step::Fail, Step::Done];
            let (work, process, waker) = (Work::new(&plan), shared.worker("one"), TaskWaker::default());
            let _running = process.start(work.queue_consumer().woken_by(&waker));
            seconds(5).await;
            waker.wake();
            seconds(1).await;
            // During a run: the next run follows it.
            waker.wake();
            waker.wake();
            sleep(Duration::from_millis(9_500)).await;
            waker.wake();
            seconds(60).await;
            assert_eq!(work.runs(), [500, 5_000, 15_000, 16_000, 16_000]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn of_several_workers_one_runs_an_exclusive_task_in_each_interval() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let work = Work::new(&[Step::Done]);
            let processes = ["one", "two", "three"].map(|holder| shared.worker(holder));
            let _running = processes.each_ref().map(|process| process.start(work.exclusive()));
            seconds(2 * 3600 + 30).await;
            assert_eq!(work.runs().len(), 3, "{:?}", work.runs());
            let skipped = processes.iter().filter(|process| process.runs("skipped").is_some()).count();
            assert!(skipped >= 2);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_keeps_the_lease_during_a_long_run() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, other) = (Work::new(&[Step::Take(1000)]), Work::new(&[Step::Done]));
            let (process, second) = (shared.worker("one"), shared.worker("two"));
            let _running = process.start(work.exclusive());
            seconds(1).await;
            let _waiting = second.start(other.exclusive());
            seconds(4500).await;
            assert_eq!((work.runs().len(), other.runs().len()), (1, 0), "{:?}", other.runs());
            seconds(120).await;
            assert_eq!(work.runs().len() + other.runs().len(), 2);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_exclusive_task_of_a_killed_worker_is_taken_over() {
    let shared = Shared::new().await;
    let (killed, process) = (LocalSet::new(), shared.worker("killed"));
    let work = Work::new(&[Step::Take(100_000)]);
    killed
        .run_until(async {
            std::mem::forget(process.start(work.exclusive()));
            seconds(25).await;
        })
        .await;
    drop(killed);
    LocalSet::new()
        .run_until(async {
            let (next, process) = (Work::new(&[Step::Done]), shared.worker("next"));
            let _running = process.start(next.exclusive());
            seconds(240).await;
            // The lease was extended at 20.5 s for 90 s, and is asked for once per minute.
            assert_eq!((work.runs(), next.runs()), (vec![500], vec![120_500]));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cut_when_another_worker_took_the_lease() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(100)]), shared.worker("one"));
            let _running = process.start(work.exclusive());
            seconds(1).await;
            // The clock of the other worker is far ahead.
            assert!(shared.acquire("two", shared.clock.now() + TimeDelta::hours(1)).await);
            seconds(300).await;
            assert_eq!((process.runs("lease_lost").as_deref(), process.runs("succeeded")), (Some("1"), None));
            assert_eq!(work.runs(), [500]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_releases_the_lease_and_a_successful_one_keeps_it_for_the_interval() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let process = shared.worker("one");
            for (step, is_free) in [(Step::Fail, true), (Step::Panic, true), (Step::Done, false)] {
                let running = process.start(Work::new(&[step]).exclusive());
                seconds(1).await;
                assert_eq!(shared.acquire("two", shared.clock.now() + TimeDelta::minutes(59)).await, is_free);
                shared.leases.release(NAME, "two").await.unwrap();
                drop(running);
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_database_without_leases_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/empty.db", folder.path().display());
    let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
    let clock = Arc::new(PausedClock(Instant::now()));
    let shared = Shared { leases: Arc::new(SqlTaskLeases::new(database)), clock, _folder: folder };
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Done]), shared.worker("one"));
            let _running = process.start(work.exclusive());
            seconds(4).await;
            assert_eq!((process.runs("failed").as_deref(), work.runs().len()), (Some("3"), 0));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_the_run_in_progress_end_and_starts_no_other() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for task in [Work::exclusive, Work::queue_consumer] {
                let (work, process) = (Work::new(&[Step::Take(8)]), shared.worker("one"));
                let task = task(&work);
                let running = process.worker.start([task.clone()], seconds(2));
                seconds(3).await;
                task.waker().wake();
                running.finish().await;
                assert_eq!((work.start.elapsed().as_millis(), work.runs()), (8_500, vec![500]));
                seconds(7200).await;
                assert_eq!((work.runs().len(), process.runs("succeeded").as_deref()), (1, Some("1")));
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_outlasts_the_drain_time_is_cut() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(1000)]), shared.worker("one"));
            let running = process.worker.start([work.exclusive()], seconds(2));
            seconds(5).await;
            running.finish().await;
            assert_eq!((work.start.elapsed().as_millis(), process.runs("cut").as_deref()), (12_000, Some("1")));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_per_process_runs_once_more_at_the_stop_for_five_seconds_at_most() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for (last, ended) in [(Step::Done, 10_000), (Step::Panic, 10_000), (Step::Take(100), 15_000)] {
                let (work, process) = (Work::new(&[Step::Done, last]), shared.worker("one"));
                let running = process.start(work.per_process());
                seconds(10).await;
                running.finish().await;
                assert_eq!((work.runs(), work.start.elapsed().as_millis()), (vec![500, 10_000], ended));
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn metrics_name_the_task() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(3)]), shared.worker("one"));
            let started = shared.clock.now();
            let _running = process.start(work.exclusive());
            assert_eq!(process.metric("steward_task_consecutive_failures{task=\"work\"}").as_deref(), Some("0"));
            assert_eq!(process.metric("steward_task_last_success_timestamp_seconds"), None);
            seconds(10).await;
            let ended = (started + TimeDelta::milliseconds(3_500)).timestamp().to_string();
            assert_eq!(process.metric("steward_task_last_success_timestamp_seconds{task=\"work\"}"), Some(ended));
            let fast = process.metric("steward_task_duration_seconds_bucket{task=\"work\",le=\"1\"}");
            let slow = process.metric("steward_task_duration_seconds_bucket{task=\"work\",le=\"10\"}");
            assert_eq!((fast.as_deref(), slow.as_deref()), (Some("0"), Some("1")));
        })
        .await;
}
