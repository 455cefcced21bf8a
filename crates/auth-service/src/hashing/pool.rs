use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::Cost;

/// How passwords are hashed.
#[derive(Debug, Clone)]
pub struct HashingSettings {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Hashes made at once.
    pub threads: usize,
    /// Jobs that may wait for a thread; with more the answer is [`Overloaded`].
    pub queue: usize,
}

impl HashingSettings {
    /// Seconds that the last in a full queue waits. Whoever signs in has given up by then, so a longer queue would
    /// only keep the threads busy for nobody.
    const LONGEST_WAIT: f64 = 10.0;
    /// Seconds per round on a slow core (cost 12 in 0.26 s); a faster one merely waits less.
    const SECONDS_PER_ROUND: f64 = 0.26 / 4096.0;

    /// As many hashes at once as there are cores, and a queue of what they hash in ten seconds.
    pub fn for_this_machine(cost: Cost) -> Self {
        Self::for_threads(cost, thread::available_parallelism().map_or(1, usize::from))
    }

    /// So many hashes at once, and a queue of what they hash in ten seconds.
    pub fn for_threads(cost: Cost, threads: usize) -> Self {
        let rounds = f64::from(1_u32 << cost.get());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let per_thread = (Self::LONGEST_WAIT / (Self::SECONDS_PER_ROUND * rounds)) as usize;
        Self { cost, threads, queue: (per_thread * threads).clamp(16, 4096) }
    }
}

/// More jobs wait already than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords wait to be hashed")]
pub struct Overloaded;

/// How busy the threads are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HashingStats {
    /// Threads there are.
    pub threads: usize,
    /// Jobs that may wait.
    pub capacity: usize,
    /// Jobs that wait now.
    pub waiting: usize,
    /// Jobs that run now.
    pub running: usize,
    /// Jobs done so far.
    pub done: u64,
    /// Jobs dropped so far because nobody waited for them any more.
    pub abandoned: u64,
    /// Jobs refused so far because too many waited.
    pub refused: u64,
    /// Rounds of bcrypt in comparisons so far.
    pub rounds: u64,
}

/// Threads that do what may take a core for a while, first come, first served.
pub(super) struct Pool(Arc<Shared>);

/// Why a job has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunError {
    /// It was not taken on.
    Overloaded(Overloaded),
    /// It panicked, was not wanted any more, or the pool was dropped before its turn.
    Lost,
}

struct Shared {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Box<dyn Job>>,
    stats: HashingStats,
    closed: bool,
}

trait Job: Send {
    fn is_wanted(&self) -> bool;
    fn run(self: Box<Self>);
}

struct Call<W, F, T> {
    is_wanted: W,
    work: F,
    answer: oneshot::Sender<T>,
}

impl<W: Fn() -> bool + Send, F: FnOnce() -> T + Send, T: Send> Job for Call<W, F, T> {
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed() && (self.is_wanted)()
    }

    fn run(self: Box<Self>) {
        // Whoever asked may have gone meanwhile.
        let _ = self.answer.send((self.work)());
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

    /// Runs `call` on one of the threads. It never begins if the future is dropped before its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        self.run_while(|| true, call).await
    }

    /// As [`Pool::run`]; nor does it begin unless `is_wanted` when its turn comes.
    pub(super) async fn run_while<T: Send + 'static>(
        &self,
        is_wanted: impl Fn() -> bool + Send + 'static,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        let (answer, answered) = oneshot::channel();
        self.0.queue(Box::new(Call { is_wanted, work, answer })).map_err(RunError::Overloaded)?;
        answered.await.map_err(|_| RunError::Lost)
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
    /// No job runs under the lock, so a poisoned one guards a state that is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, job: Box<dyn Job>) -> Result<(), Overloaded> {
        let mut state = self.lock();
        if state.queue.len() >= state.stats.capacity {
            let before = state.queue.len();
            state.queue.retain(|job| job.is_wanted());
            state.stats.abandoned += (before - state.queue.len()) as u64;
        }
        if state.queue.len() >= state.stats.capacity {
            state.stats.refused += 1;
            return Err(Overloaded);
        }
        state.queue.push_back(job);
        self.work.notify_one();
        Ok(())
    }

    fn work(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.queue.pop_front() else {
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

    fn pool(threads: usize, queue: usize) -> Pool {
        Pool::start(&HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads, queue }).unwrap()
    }

    /// Polls once: the job is queued then, and its future waits.
    fn begin<T>(future: &mut std::pin::Pin<&mut impl Future<Output = Result<T, RunError>>>) -> Option<RunError> {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.err(),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let pool = pool(1, 2);
        let (begun, has_begun) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let mut running = pin!(pool.run(move || {
            begun.send(()).unwrap();
            gate.recv().unwrap();
        }));
        assert_eq!(begin(&mut running), None);
        has_begun.recv().unwrap();

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
    async fn jobs_nobody_waits_for_make_room_and_never_run() {
        let pool = pool(1, 1);
        let (begun, has_begun) = mpsc::channel();
        let (open, gate) = mpsc::channel::<()>();
        let mut running = pin!(pool.run(move || {
            begun.send(()).unwrap();
            gate.recv().unwrap();
        }));
        assert_eq!(begin(&mut running), None);
        has_begun.recv().unwrap();
        {
            let mut given_up = pin!(pool.run(|| panic!("ran for nobody")));
            assert_eq!(begin::<()>(&mut given_up), None);
        }
        let mut next = pin!(pool.run(|| 2));
        assert_eq!(begin(&mut next), None, "the one that was given up leaves its place");
        open.send(()).unwrap();
        running.await.unwrap();
        assert_eq!(next.await, Ok(2));
        assert_eq!(pool.stats().abandoned, 1);
    }

    #[tokio::test]
    async fn a_panic_costs_its_own_job_alone() {
        let pool = pool(1, 4);
        assert_eq!(pool.run(|| panic!("on purpose")).await, Err::<(), _>(RunError::Lost));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_dropped_pool_answers_who_still_waits() {
        let pool = pool(0, 4);
        let waiting = {
            let (answer, answered) = oneshot::channel::<()>();
            pool.0.queue(Box::new(Call { is_wanted: || true, work: || (), answer })).unwrap();
            answered
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
