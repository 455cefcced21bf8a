//! Threads for long computations, so that the async threads are not blocked.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// Settings of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolSettings {
    /// The name of the threads, before their number.
    pub(crate) name: &'static str,
    /// The contents of the queue, for errors.
    pub(crate) jobs: &'static str,
    /// Number of threads.
    pub(crate) threads: usize,
    /// Capacity of the queue in units of work. A full queue returns [`Overloaded`].
    pub(crate) capacity: usize,
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of {0} is full")]
pub struct Overloaded(&'static str);

/// The load of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolStats {
    /// Number of threads.
    pub threads: usize,
    /// Capacity of the queue in units of work: hashes of the configured cost, or pictures.
    pub capacity: usize,
    /// Jobs in the queue.
    pub waiting: usize,
    /// Running jobs.
    pub running: usize,
    /// Total number of finished jobs.
    pub done: u64,
    /// Total number of jobs that were dropped because their caller was gone.
    pub abandoned: u64,
    /// Total number of jobs that were rejected because the queue was full.
    pub refused: u64,
}

/// A pool of threads for CPU-bound jobs, first come, first served. The first job starts the threads, so a process that
/// needs none has none.
pub(crate) struct ThreadPool(Arc<Shared>);

/// Errors of running a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RunError {
    /// The queue is full.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The job panicked, was no longer wanted, or the pool was dropped.
    #[error("the thread returned no result")]
    Lost,
    /// The system starts no thread for the pool.
    #[error("no thread can be started")]
    NoThread,
}

struct Shared {
    name: &'static str,
    jobs: &'static str,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    /// The work in the queue, in units.
    waiting_work: usize,
    /// Number of threads that were started.
    started: usize,
    stats: PoolStats,
    closed: bool,
}

struct Queued {
    job: Box<dyn Job>,
    units: usize,
}

impl State {
    fn is_full(&self) -> bool {
        self.waiting_work >= self.stats.capacity
    }

    fn push(&mut self, queued: Queued) {
        self.waiting_work += queued.units;
        self.queue.push_back(queued);
    }

    fn pop(&mut self) -> Option<Box<dyn Job>> {
        let Queued { job, units } = self.queue.pop_front()?;
        self.waiting_work -= units;
        Some(job)
    }

    fn remove_unwanted(&mut self) {
        let before = self.queue.len();
        self.queue.retain(|queued| queued.job.is_wanted());
        self.stats.abandoned += (before - self.queue.len()) as u64;
        self.waiting_work = self.queue.iter().map(|queued| queued.units).sum();
    }
}

trait Job: Send {
    fn is_wanted(&self) -> bool;
    fn run(self: Box<Self>);
}

struct Call<W, F, T> {
    is_wanted: W,
    work: F,
    sender: oneshot::Sender<T>,
}

impl<W: Fn() -> bool + Send, F: FnOnce() -> T + Send, T: Send> Job for Call<W, F, T> {
    fn is_wanted(&self) -> bool {
        !self.sender.is_closed() && (self.is_wanted)()
    }

    fn run(self: Box<Self>) {
        // The caller may be gone.
        let _ = self.sender.send((self.work)());
    }
}

impl ThreadPool {
    pub(crate) fn new(settings: PoolSettings) -> Self {
        let PoolSettings { name, jobs, threads, capacity } = settings;
        let idle = State { stats: PoolStats { threads, capacity, ..PoolStats::default() }, ..State::default() };
        Self(Arc::new(Shared { name, jobs, state: Mutex::new(idle), work: Condvar::new() }))
    }

    /// Runs `call`, which takes one unit of work, on a thread of the pool. It does not begin if the future is dropped
    /// before its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        self.run_while(1, || true, call).await
    }

    /// Like [`ThreadPool::run`], for `work` that takes this number of units. It does not begin if `is_wanted` is false at
    /// its turn.
    pub(crate) async fn run_while<T: Send + 'static>(
        &self,
        units: usize,
        is_wanted: impl Fn() -> bool + Send + 'static,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(Call { is_wanted, work, sender });
        self.0.queue(Queued { job, units })?;
        receiver.await.map_err(|_| RunError::Lost)
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let state = self.0.lock();
        PoolStats { waiting: state.queue.len(), ..state.stats }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.queue.clear();
        self.0.work.notify_all();
    }
}

impl Shared {
    /// Locks the state. No job runs under the lock, so a poisoned lock guards a valid state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(self: &Arc<Self>, queued: Queued) -> Result<(), RunError> {
        let mut state = self.lock();
        if state.is_full() {
            state.remove_unwanted();
        }
        if state.is_full() {
            state.stats.refused += 1;
            return Err(Overloaded(self.jobs).into());
        }
        self.start_threads(&mut state)?;
        state.push(queued);
        self.work.notify_one();
        Ok(())
    }

    /// Starts the threads that do not run yet. Returns an error if there is none.
    fn start_threads(self: &Arc<Self>, state: &mut State) -> Result<(), RunError> {
        while state.started < state.stats.threads {
            let (shared, name) = (Arc::clone(self), format!("{}-{}", self.name, state.started));
            if let Err(error) = thread::Builder::new().name(name).spawn(move || shared.work()) {
                tracing::error!(%error, "a {} thread cannot be started", self.name);
                return if state.started == 0 { Err(RunError::NoThread) } else { Ok(()) };
            }
            state.started += 1;
        }
        Ok(())
    }

    fn work(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.pop() else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if !job.is_wanted() {
                state.stats.abandoned += 1;
                continue;
            }
            state.stats.running += 1;
            drop(state);
            if catch_unwind(AssertUnwindSafe(|| job.run())).is_err() {
                tracing::error!("a {} job panicked", self.name);
            }
            state = self.lock();
            state.stats.running -= 1;
            state.stats.done += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn pool(threads: usize, capacity: usize) -> ThreadPool {
        ThreadPool::new(PoolSettings { name: "test", jobs: "jobs", threads, capacity })
    }

    #[tokio::test]
    async fn the_first_job_starts_the_threads() {
        let pool = pool(2, 2);
        assert_eq!(pool.0.lock().started, 0);
        for n in 0..3 {
            assert_eq!(pool.run(move || n).await, Ok(n));
            assert_eq!(pool.0.lock().started, 2);
        }
    }

    /// Polls the future once, which queues its job.
    fn begin<T>(future: &mut std::pin::Pin<&mut impl Future<Output = Result<T, RunError>>>) -> Option<RunError> {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.err(),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_full_queue_rejects_at_once_and_recovers() {
        let pool = pool(1, 2);
        let (started, has_started) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let mut running = pin!(pool.run(move || {
            started.send(()).unwrap();
            gate.recv().unwrap();
        }));
        assert_eq!(begin(&mut running), None);
        has_started.recv().unwrap();

        let (mut one, mut two, mut three) = (pin!(pool.run(|| 1)), pin!(pool.run(|| 2)), pin!(pool.run(|| 3)));
        assert_eq!(begin(&mut one), None);
        assert_eq!(begin(&mut two), None);
        assert_eq!(begin(&mut three), Some(RunError::Overloaded(Overloaded("jobs"))));
        let stats = pool.stats();
        assert_eq!((stats.waiting, stats.running, stats.refused, stats.done), (2, 1, 1, 0));

        open.send(()).unwrap();
        running.await.unwrap();
        assert_eq!((one.await, two.await, pool.run(|| 4).await), (Ok(1), Ok(2), Ok(4)));
    }

    #[tokio::test]
    async fn abandoned_jobs_make_room_and_never_run() {
        let pool = pool(1, 1);
        let (started, has_started) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let mut running = pin!(pool.run(move || {
            started.send(()).unwrap();
            gate.recv().unwrap();
        }));
        assert_eq!(begin(&mut running), None);
        has_started.recv().unwrap();
        {
            let mut abandoned = pin!(pool.run(|| panic!("an abandoned job must not run")));
            assert_eq!(begin::<()>(&mut abandoned), None);
        }
        let mut next = pin!(pool.run(|| 2));
        assert_eq!(begin(&mut next), None, "the abandoned job makes room");
        open.send(()).unwrap();
        running.await.unwrap();
        assert_eq!(next.await, Ok(2));
        assert_eq!(pool.stats().abandoned, 1);
    }

    #[tokio::test]
    async fn the_queue_is_limited_by_the_work_of_its_jobs() {
        let pool = pool(0, 10);
        let mut jobs: Vec<_> = [4, 4, 4, 1].map(|units| Box::pin(pool.run_while(units, || true, || ()))).into();
        let mut errors: Vec<_> = jobs.iter_mut().map(|job| begin(&mut pin!(job))).collect();
        assert_eq!(errors.pop(), Some(Some(RunError::Overloaded(Overloaded("jobs")))));
        assert_eq!(errors, [None; 3]);
        // An abandoned job releases all of its work.
        drop(jobs.remove(0));
        let mut next = pin!(pool.run(|| ()));
        assert_eq!(begin(&mut next), None);
        assert_eq!(pool.0.lock().waiting_work, 9);
        while pool.0.lock().pop().is_some() {}
        assert_eq!(pool.0.lock().waiting_work, 0);
    }

    #[tokio::test]
    async fn a_job_larger_than_the_queue_fits_into_an_empty_queue() {
        let pool = pool(0, 10);
        let mut large = pin!(pool.run_while(1000, || true, || ()));
        assert_eq!(begin(&mut large), None);
        let mut small = pin!(pool.run(|| ()));
        assert_eq!(begin(&mut small), Some(RunError::Overloaded(Overloaded("jobs"))));
    }

    #[tokio::test]
    async fn a_panic_fails_its_own_job_only() {
        let pool = pool(1, 4);
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(RunError::Lost));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn dropping_the_pool_ends_waiting_jobs() {
        let pool = pool(0, 4);
        let waiting = {
            let (sender, receiver) = oneshot::channel::<()>();
            let job = Box::new(Call { is_wanted: || true, work: || (), sender });
            pool.0.queue(Queued { job, units: 1 }).unwrap();
            receiver
        };
        drop(pool);
        assert!(waiting.await.is_err());
    }
}
