use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts};
use steward_domain::Timestamp;
use steward_web::Metrics;

use crate::outcome::Outcome;

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 8] = [0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0];

/// The metrics of all tasks of a process.
#[derive(Clone)]
pub(crate) struct TaskMetrics {
    runs: IntCounterVec,
    durations: HistogramVec,
    failures: IntGaugeVec,
    last_success: IntGaugeVec,
}

impl TaskMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let runs = IntCounterVec::new(
            Opts::new(
                "steward_task_runs_total",
                "Runs of background tasks by outcome; skipped if another process runs the task",
            ),
            &["task", "outcome"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new("steward_task_duration_seconds", "Duration of the runs of background tasks")
                .buckets(BUCKETS.to_vec()),
            &["task"],
        )?;
        let failures = IntGaugeVec::new(
            Opts::new("steward_task_consecutive_failures", "Failures of a background task since its last success"),
            &["task"],
        )?;
        let last_success = IntGaugeVec::new(
            Opts::new(
                "steward_task_last_success_timestamp_seconds",
                "Time of the last success of a background task in this process, in Unix time",
            ),
            &["task"],
        )?;
        metrics.register(runs.clone())?;
        metrics.register(durations.clone())?;
        metrics.register(failures.clone())?;
        metrics.register(last_success.clone())?;
        Ok(Self { runs, durations, failures, last_success })
    }

    /// Adds the series of a task that this process runs.
    pub(crate) fn add(&self, task: &str) {
        self.failures.with_label_values(&[task]).set(0);
    }

    /// Records a run that ended at `now`.
    pub(crate) fn record(&self, task: &str, outcome: Outcome, took: Duration, now: Timestamp) {
        self.runs.with_label_values(&[task, outcome.label()]).inc();
        if outcome != Outcome::Skipped {
            self.durations.with_label_values(&[task]).observe(took.as_secs_f64());
        }
        if outcome.is_failure() {
            self.failures.with_label_values(&[task]).inc();
        }
        if let Outcome::Succeeded(_) = outcome {
            self.failures.with_label_values(&[task]).set(0);
            self.last_success.with_label_values(&[task]).set(now.timestamp());
        }
    }
}
