use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use steward_domain::ports::StoreError;

type Run = Arc<dyn Fn() -> LocalBoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

/// A task that a process repeats while it runs the service.
#[derive(Clone)]
pub struct BackgroundTask {
    name: &'static str,
    interval: Duration,
    is_run_at_stop: bool,
    run: Run,
}

impl BackgroundTask {
    /// Creates a task that calls `run` with `service` at the start of the process, and then at this interval.
    pub fn new<S, T>(
        name: &'static str,
        interval: Duration,
        service: &Arc<S>,
        run: impl AsyncFn(&S) -> Result<T, StoreError> + Copy + Send + Sync + 'static,
    ) -> Self
    where
        S: Send + Sync + 'static,
    {
        let service = Arc::clone(service);
        let run = Arc::new(move || {
            let service = Arc::clone(&service);
            async move { run(&service).await.map(drop) }.boxed_local()
        });
        Self { name, interval, is_run_at_stop: false, run }
    }

    /// Runs the task once more when the process stops, after the last response.
    #[must_use]
    pub fn also_at_stop(self) -> Self {
        Self { is_run_at_stop: true, ..self }
    }

    /// Returns the name, for the log.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the time between the starts of two runs. After a run that takes longer, the next one starts at once.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether the task runs once more when the process stops.
    pub fn is_run_at_stop(&self) -> bool {
        self.is_run_at_stop
    }

    /// Runs the task once.
    pub async fn run(&self) -> Result<(), StoreError> {
        (self.run)().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn each_run_calls_the_service() {
        let counter = Arc::new(AtomicU32::new(0));
        let count = async |counter: &AtomicU32| Ok(counter.fetch_add(1, Ordering::Relaxed));
        let task = BackgroundTask::new("count", Duration::from_secs(1), &counter, count);
        assert!(!task.is_run_at_stop() && task.clone().also_at_stop().is_run_at_stop());
        for runs in 1..=2 {
            task.run().await.unwrap();
            assert_eq!(counter.load(Ordering::Relaxed), runs);
        }
    }
}
