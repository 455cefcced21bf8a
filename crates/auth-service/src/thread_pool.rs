use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::Cost;

/// Settings of the hashing threads.
#[derive(Debug, Clone)]
pub struct HashingSettings {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Number of threads.
    pub threads: usize,
    /// Capacity of the queue, in hashes of `cost`. A full queue returns [`Overloaded`].
    pub queue: usize,
}

impl HashingSettings {
    /// Maximum waiting time in the queue, in seconds. Users give up after about this time, so a longer queue would only
    /// waste work.
    const LONGEST_WAIT: f64 = 10.0;
    /// Seconds per round on a slow core (cost 12 in 0.26 s). A faster core shortens the waiting time.
    const SECONDS_PER_ROUND: f64 = 0.26 / 4096.0;

    /// Returns settings with one thread per core, and a queue of ten seconds of work.
    pub fn for_this_machine(cost: Cost) -> Self {
        Self::for_threads(cost, thread::available_parallelism().map_or(1, usize::from))
    }

    /// Returns settings with this number of threads, and a queue of ten seconds of work.
    pub fn for_threads(cost: Cost, threads: usize) -> Self {
        let rounds = f64::from(1_u32 << cost.get());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let per_thread = (Self::LONGEST_WAIT / (Self::SECONDS_PER_ROUND * rounds)) as usize;
        Self { cost, threads, queue: (per_thread * threads).clamp(16, 4096) }
    }
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of passwords to hash is full")]
pub struct Overloaded;

/// The load of the hashing threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HashingStats {
    /// Number of threads.
    pub threads: usize,
    /// Capacity of the queue, in hashes of the configured cost.
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
    /// Total number of bcrypt rounds in comparisons.
    pub rounds: u64,
}

/// A pool of threads for CPU-bound jobs, first come, first served.
pub(super) struct Pool(Arc<Shared>);

/// Errors of running a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunError {
    /// The queue is full.
    Overloaded(Overloaded),
    /// The job panicked, was no longer wanted, or the pool was dropped.
    Lost,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    /// The work in the queue, in hashes of the configured cost.
    waiting_hashes: usize,
    stats: HashingStats,
    closed: bool,
}

struct Queued {
    job: Box<dyn Job>,
    hashes: usize,
}

impl State {
    fn is_full(&self) -> bool {
        self.waiting_hashes >= self.stats.capacity
    }

    fn push(&mut self, queued: Queued) {
        self.waiting_hashes += queued.hashes;
        self.queue.push_back(queued);
    }

    fn pop(&mut self) -> Option<Box<dyn Job>> {
        let Queued { job, hashes } = self.queue.pop_front()?;
        self.waiting_hashes -= hashes;
        Some(job)
    }

    fn remove_unwanted(&mut self) {
        let before = self.queue.len();
        self.queue.retain(|queued| queued.job.is_wanted());
        self.stats.abandoned += (before - self.queue.len()) as u64;
        self.waiting_hashes = self.queue.iter().map(|queued| queued.hashes).sum();
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

impl Pool {
    pub(super) fn start(settings: &HashingSettings) -> io::Result<Self> {
        let stats = HashingStats { threads: settings.threads, capacity: settings.queue, ..HashingStats::default() };
        let idle = State { stats, ..State::default() };
        let pool = Self(Arc::new(Shared { state: Mutex::new(idle), work: Condvar::new() }));
        for number in 0..settings.threads {
            let shared = Arc::clone(&pool.0);
            thread::Builder::new().name(format!("hashing-{number}")).spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// Runs `call`, which takes as long as one hash, on a thread of the pool. It does not begin if the future is
    /// dropped before its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        self.run_while(1, || true, call).await
    }

    /// Like [`Pool::run`], for `work` that takes as long as this number of hashes of the configured cost. It does not
    /// begin if `is_wanted` is false at its turn.
    pub(super) async fn run_while<T: Send + 'static>(
        &self,
        hashes: usize,
        is_wanted: impl Fn() -> bool + Send + 'static,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(Call { is_wanted, work, sender });
        self.0.queue(Queued { job, hashes }).map_err(RunError::Overloaded)?;
        receiver.await.map_err(|_| RunError::Lost)
    }

    pub(super) fn stats(&self) -> HashingStats {
        let state = self.0.lock();
        HashingStats { waiting: state.queue.len(), ..state.stats }
    }
}

impl Drop for Pool {
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

    fn queue(&self, queued: Queued) -> Result<(), Overloaded> {
        let mut state = self.lock();
        if state.is_full() {
            state.remove_unwanted();
        }
        if state.is_full() {
            state.stats.refused += 1;
            return Err(Overloaded);
        }
        state.push(queued);
        self.work.notify_one();
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
                tracing::error!("a hashing job panicked");
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

    fn start_pool(threads: usize, queue: usize) -> Pool {
        Pool::start(&HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads, queue }).unwrap()
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
        let pool = start_pool(1, 2);
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
        assert_eq!(begin(&mut three), Some(RunError::Overloaded(Overloaded)));
        let stats = pool.stats();
        assert_eq!((stats.waiting, stats.running, stats.refused, stats.done), (2, 1, 1, 0));

        open.send(()).unwrap();
        running.await.unwrap();
        assert_eq!((one.await, two.await, pool.run(|| 4).await), (Ok(1), Ok(2), Ok(4)));
    }

    #[tokio::test]
    async fn abandoned_jobs_make_room_and_never_run() {
        let pool = start_pool(1, 1);
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
        let pool = start_pool(0, 10);
        let mut jobs: Vec<_> = [4, 4, 4, 1].map(|hashes| Box::pin(pool.run_while(hashes, || true, || ()))).into();
        let mut errors: Vec<_> = jobs.iter_mut().map(|job| begin(&mut pin!(job))).collect();
        assert_eq!(errors.pop(), Some(Some(RunError::Overloaded(Overloaded))));
        assert_eq!(errors, [None; 3]);
        // An abandoned job releases all of its work.
        drop(jobs.remove(0));
        let mut next = pin!(pool.run(|| ()));
        assert_eq!(begin(&mut next), None);
        assert_eq!(pool.0.lock().waiting_hashes, 9);
        while pool.0.lock().pop().is_some() {}
        assert_eq!(pool.0.lock().waiting_hashes, 0);
    }

    #[tokio::test]
    async fn a_job_larger_than_the_queue_fits_into_an_empty_queue() {
        let pool = start_pool(0, 10);
        let mut large = pin!(pool.run_while(1000, || true, || ()));
        assert_eq!(begin(&mut large), None);
        let mut small = pin!(pool.run(|| ()));
        assert_eq!(begin(&mut small), Some(RunError::Overloaded(Overloaded)));
    }

    #[tokio::test]
    async fn a_panic_fails_its_own_job_only() {
        let pool = start_pool(1, 4);
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(RunError::Lost));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn dropping_the_pool_ends_waiting_jobs() {
        let pool = start_pool(0, 4);
        let waiting = {
            let (sender, receiver) = oneshot::channel::<()>();
            let job = Box::new(Call { is_wanted: || true, work: || (), sender });
            pool.0.queue(Queued { job, hashes: 1 }).unwrap();
            receiver
        };
        drop(pool);
        assert!(waiting.await.is_err());
    }

    #[test]
    fn the_queue_holds_ten_seconds_of_work() {
        let queue = |cost, threads| HashingSettings::for_threads(Cost::new(cost).unwrap(), threads).queue;
        assert_eq!(queue(12, 2), 76);
        assert_eq!(queue(4, 2), 4096);
        assert_eq!(queue(15, 1), 16);
    }
}
