use std::time::Duration;

use steward_web::service::TaskProgress;

use crate::outcome::Outcome;
use crate::ports::Random;

/// The first run starts within this time, so that processes that start together do not query the database at once.
const LATEST_START: Duration = Duration::from_secs(1);
/// The wait after the first failure. It doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);
/// The longest wait until a worker tries again to acquire the lease of another one.
const LONGEST_SKIP: Duration = Duration::from_mins(1);

/// The wait before the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) duration: Duration,
    /// Whether a waker ends the wait.
    pub(crate) is_wakeable: bool,
}

/// The waits between the runs of one task.
pub(crate) struct Schedule {
    interval: Duration,
    random: Random,
    failures: u32,
}

impl Schedule {
    pub(crate) fn new(interval: Duration, random: Random) -> Self {
        Self { interval, random, failures: 0 }
    }

    /// Returns the wait before the first run.
    pub(crate) fn first(&self) -> Wait {
        Wait { duration: LATEST_START.mul_f64((self.random)()), is_wakeable: true }
    }

    /// Returns the wait after a run with this outcome.
    pub(crate) fn after(&mut self, outcome: Outcome) -> Wait {
        self.failures = if outcome.is_failure() { self.failures.saturating_add(1) } else { 0 };
        let duration = match outcome {
            Outcome::Succeeded(TaskProgress::MoreDue) => Duration::ZERO,
            Outcome::Skipped => self.interval.min(LONGEST_SKIP),
            _ if self.failures > 0 => FIRST_RETRY.saturating_mul(1 << (self.failures - 1).min(10)).min(LONGEST_RETRY),
            _ => self.interval,
        };
        // A tenth more or less.
        let duration = duration.mul_f64(0.9 + 0.2 * (self.random)());
        Wait { duration, is_wakeable: matches!(outcome, Outcome::Succeeded(_)) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const DONE: Outcome = Outcome::Succeeded(TaskProgress::Done);

    fn schedule(random: f64) -> Schedule {
        Schedule::new(HOUR, Arc::new(move || random))
    }

    /// The waits in seconds.
    fn waits(schedule: &mut Schedule, outcomes: &[Outcome]) -> Vec<f64> {
        outcomes.iter().map(|outcome| schedule.after(*outcome).duration.as_secs_f64()).collect()
    }

    #[test]
    fn the_wait_doubles_with_each_failure_up_to_a_minute() {
        let failures = [Outcome::Failed, Outcome::Panicked, Outcome::LeaseLost].repeat(3);
        let mut schedule = schedule(0.5);
        assert_eq!(waits(&mut schedule, &failures), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]);
        assert_eq!(waits(&mut schedule, &[DONE, Outcome::Failed]), [3600.0, 1.0], "a success resets it");
        waits(&mut schedule, &[Outcome::Failed; 100]);
        schedule.failures = u32::MAX;
        assert_eq!(waits(&mut schedule, &[Outcome::Failed]), [60.0]);
    }

    #[test]
    fn waits_vary_by_a_tenth() {
        for (random, first, interval, retry) in [(0.0, 0.0, 3240.0, 0.9), (0.75, 0.75, 3780.0, 1.05)] {
            let mut schedule = schedule(random);
            assert_eq!(schedule.first().duration, Duration::from_secs_f64(first));
            assert_eq!(waits(&mut schedule, &[DONE, Outcome::Failed]), [interval, retry]);
        }
    }

    #[test]
    fn a_run_with_more_work_is_followed_at_once_and_another_worker_is_asked_again_after_a_minute() {
        let mut schedule = schedule(0.5);
        assert_eq!(waits(&mut schedule, &[Outcome::Succeeded(TaskProgress::MoreDue), Outcome::Skipped]), [0.0, 60.0]);
        schedule.interval = Duration::from_secs(5);
        assert_eq!(waits(&mut schedule, &[Outcome::Skipped]), [5.0]);
    }

    #[test]
    fn a_waker_ends_the_wait_for_the_interval_only() {
        let mut schedule = schedule(0.5);
        assert!(schedule.first().is_wakeable && schedule.after(DONE).is_wakeable);
        assert!(!schedule.after(Outcome::Failed).is_wakeable && !schedule.after(Outcome::Skipped).is_wakeable);
    }
}
