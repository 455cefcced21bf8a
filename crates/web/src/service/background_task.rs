use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use steward_domain::ports::StoreError;

/// A task that a process repeats while it runs the service.
pub struct BackgroundTask {
    name: &'static str,
    interval: Duration,
    is_run_at_stop: bool,
    run: Box<dyn Fn() -> LocalBoxFuture<'static, Result<(), StoreError>> + Send + Sync>,
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
        let run = Box::new(move || {
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

    /// Returns the time between the end of a run and the start of the next one.
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
