use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use steward_domain::ports::StoreError;
use tokio::sync::Notify;

type Run = Arc<dyn Fn() -> LocalBoxFuture<'static, Result<TaskProgress, StoreError>> + Send + Sync>;

/// Work that a service repeats without a request. The crate `worker` runs it.
#[derive(Clone)]
pub struct BackgroundTask {
    name: &'static str,
    kind: TaskKind,
    interval: Duration,
    waker: TaskWaker,
    run: Run,
}

/// The processes that run a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// One worker of many, once per interval: the worker that holds the lease of the task in the database.
    Exclusive,
    /// Each process of the service, because the task empties the memory of its process. It also runs at the stop, after
    /// the last response.
    PerProcess,
    /// Any number of workers at once. The task itself claims its work in the database.
    QueueConsumer,
}

impl TaskKind {
    /// Whether workers run the task, also for the services of other processes.
    pub fn is_for_workers(self) -> bool {
        self != Self::PerProcess
    }
}

/// The result of a run that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskProgress {
    /// Nothing is left. The task runs again after its interval.
    Done,
    /// More work may be due. The task runs again at once.
    MoreDue,
}

/// Wakes a task of this process before its interval is over. Clones wake the same task.
#[derive(Debug, Clone, Default)]
pub struct TaskWaker(Arc<Notify>);

impl TaskWaker {
    /// Starts a run at once, or after the current run. Several calls before that run count as one.
    ///
    /// A task that waits after a failure is not started earlier. If the task runs in other processes only, nothing
    /// happens.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits for a call of [`TaskWaker::wake`].
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}

impl BackgroundTask {
    /// Creates a task of the kind [`TaskKind::Exclusive`], which calls `run` with `service`.
    ///
    /// The name identifies the task in the log, in metrics and in the database: at most 60 of a-z and `_`.
    pub fn exclusive<S: Send + Sync + 'static, T: 'static>(
        name: &'static str,
        interval: Duration,
        service: &Arc<S>,
        run: impl AsyncFn(&S) -> Result<T, StoreError> + Copy + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, TaskKind::Exclusive, interval, service, run, |_| TaskProgress::Done)
    }

    /// Creates a task of the kind [`TaskKind::PerProcess`].
    pub fn per_process<S: Send + Sync + 'static, T: 'static>(
        name: &'static str,
        interval: Duration,
        service: &Arc<S>,
        run: impl AsyncFn(&S) -> Result<T, StoreError> + Copy + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, TaskKind::PerProcess, interval, service, run, |_| TaskProgress::Done)
    }

    /// Creates a task of the kind [`TaskKind::QueueConsumer`]. A run should take a part of the queue and return whether
    /// more work is due.
    pub fn queue_consumer<S: Send + Sync + 'static>(
        name: &'static str,
        interval: Duration,
        service: &Arc<S>,
        run: impl AsyncFn(&S) -> Result<TaskProgress, StoreError> + Copy + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, TaskKind::QueueConsumer, interval, service, run, |progress| progress)
    }

    fn new<S: Send + Sync + 'static, T: 'static>(
        name: &'static str,
        kind: TaskKind,
        interval: Duration,
        service: &Arc<S>,
        run: impl AsyncFn(&S) -> Result<T, StoreError> + Copy + Send + Sync + 'static,
        progress: fn(T) -> TaskProgress,
    ) -> Self {
        let service = Arc::clone(service);
        let run = Arc::new(move || {
            let service = Arc::clone(&service);
            async move { run(&service).await.map(progress) }.boxed_local()
        });
        Self { name, kind, interval, waker: TaskWaker::default(), run }
    }

    /// Lets `waker` start runs before the interval is over.
    #[must_use]
    pub fn woken_by(self, waker: &TaskWaker) -> Self {
        Self { waker: waker.clone(), ..self }
    }

    /// Returns the name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the kind.
    pub fn kind(&self) -> TaskKind {
        self.kind
    }

    /// Returns the time between two runs.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Returns the waker of the task.
    pub fn waker(&self) -> &TaskWaker {
        &self.waker
    }

    /// Runs the task once.
    pub async fn run(&self) -> Result<TaskProgress, StoreError> {
        (self.run)().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn each_run_calls_the_service() {
        let counter = Arc::new(AtomicU32::new(0));
        let count = async |counter: &AtomicU32| Ok(counter.fetch_add(1, Ordering::Relaxed));
        let tasks = [
            BackgroundTask::exclusive("count", SECOND, &counter, count),
            BackgroundTask::per_process("count", SECOND, &counter, count),
        ];
        for (task, runs) in tasks.iter().zip(1..) {
            assert_eq!(task.run().await.unwrap(), TaskProgress::Done);
            assert_eq!(counter.load(Ordering::Relaxed), runs);
        }
        assert_eq!(tasks.map(|task| task.kind().is_for_workers()), [true, false]);
    }

    #[tokio::test]
    async fn a_queue_consumer_reports_whether_more_work_is_due() {
        let left = Arc::new(AtomicU32::new(2));
        let take = async |left: &AtomicU32| match left.fetch_sub(1, Ordering::Relaxed) {
            1 => Ok(TaskProgress::Done),
            _ => Ok(TaskProgress::MoreDue),
        };
        let task = BackgroundTask::queue_consumer("take", SECOND, &left, take);
        assert_eq!(task.run().await.unwrap(), TaskProgress::MoreDue);
        assert_eq!(task.run().await.unwrap(), TaskProgress::Done);
    }

    #[tokio::test]
    async fn a_task_is_woken_once_by_several_calls_before_it_waits() {
        let waker = TaskWaker::default();
        let task = BackgroundTask::exclusive("count", SECOND, &Arc::new(()), async |()| Ok(())).woken_by(&waker);
        waker.wake();
        waker.clone().wake();
        task.waker().woken().await;
        assert!(task.waker().woken().now_or_never().is_none());
    }
}
