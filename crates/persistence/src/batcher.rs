//! Look-ups that arrive together share one query.
//!
//! Keys gather while a run is busy. A run takes the keys that wait *before* its query starts, so each answer comes
//! from a query that began after the question was asked: what was committed before a call is seen by it. Equal keys
//! that wait together are asked once. Under load a run loops over what has gathered meanwhile on one connection.
//!
//! One run serves best while each query takes all that wait: a second one would halve the batches, and double what is
//! paid per query and per change of threads. Another begins only where a query had to leave keys behind, or is stuck.
//!
//! A run belongs to nobody: it goes on when a caller stops waiting, and when it panics its callers are told and the
//! next run begins.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steward_domain::ports::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::failure::Failure;

/// How much a batcher does at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Most runs at a time.
    pub(crate) runs: usize,
    /// Most keys per query.
    pub(crate) keys: usize,
    /// How old the newest query in flight may be before the next caller begins another run.
    pub(crate) patience: Duration,
    /// How long a caller waits.
    pub(crate) deadline: Duration,
    /// How long a query may wait for a lock.
    pub(crate) lock_timeout: Duration,
}

impl Limits {
    /// A query older than this is stuck, or slow enough that others had better not wait for it.
    const PATIENCE: Duration = Duration::from_millis(2);

    /// For probes of an index, which take any number of keys in much the same time.
    pub(crate) fn of_probes(db: &Database) -> Self {
        Self { runs: 4, keys: 100, patience: Self::PATIENCE, deadline: db.deadline(), lock_timeout: db.lock_timeout() }
    }

    /// For queries that keep the database busy: as many at once as there are cores, at least two.
    pub(crate) fn of_pages(db: &Database) -> Self {
        let runs = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        Self { runs, keys: 1, ..Self::of_probes(db) }
    }
}

/// What can be asked for.
pub(crate) trait Key: Clone + Eq + Hash + Send + 'static {}
impl<K: Clone + Eq + Hash + Send + 'static> Key for K {}

/// What can be answered, to several at once.
pub(crate) trait Value: Clone + Send + 'static {}
impl<V: Clone + Send + 'static> Value for V {}

/// Serves the keys of a run, and returns once there are none left or something went wrong.
type Work<K, V> = dyn Fn(&mut Worker<K, V>) -> Result<(), Failure> + Send + Sync;

/// What a caller gets for its key.
pub(crate) type Answer<V> = Result<V, StoreError>;

/// Shares queries among callers that ask at the same time.
pub(crate) struct Batcher<K: Key, V: Value>(Arc<Inner<K, V>>);

struct Inner<K: Key, V: Value> {
    limits: Limits,
    work: Box<Work<K, V>>,
    waiting: Mutex<Waiting<K, V>>,
}

struct Waiting<K, V> {
    callers: HashMap<K, Vec<oneshot::Sender<Answer<V>>>>,
    /// The keys of `callers`, in the order in which they came.
    order: VecDeque<K>,
    runs: usize,
    /// When the newest query began.
    asked: Option<Instant>,
}

impl<K, V> Waiting<K, V> {
    /// Whether it takes another run to serve those who wait.
    fn needs_a_run(&self, limits: &Limits) -> bool {
        let stuck = || self.asked.is_some_and(|asked| asked.elapsed() > limits.patience);
        !self.order.is_empty() && (self.runs == 0 || (self.runs < limits.runs && stuck()))
    }
}

impl<K: Key, V: Value> Inner<K, V> {
    // The state is whole between any two statements, so a panic cannot leave half of it.
    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key, V: Value> Batcher<K, V> {
    /// A batcher that asks by `work`, which gets a [`Worker`] and serves it on a thread that may block.
    pub(crate) fn new(
        limits: Limits,
        work: impl Fn(&mut Worker<K, V>) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Waiting { callers: HashMap::new(), order: VecDeque::new(), runs: 0, asked: None };
        Self(Arc::new(Inner { limits, work: Box::new(work), waiting: Mutex::new(waiting) }))
    }

    /// The answer for `key`, of a query that begins after this call.
    pub(crate) async fn get(&self, key: K) -> Answer<V> {
        let (caller, mut answer) = oneshot::channel();
        {
            let mut waiting = self.0.waiting();
            if let Some(callers) = waiting.callers.get_mut(&key) {
                callers.push(caller);
            } else {
                waiting.order.push_back(key.clone());
                waiting.callers.insert(key, vec![caller]);
            }
            self.begin_a_run_if_needed(waiting);
        }
        let Limits { patience, deadline, .. } = self.0.limits;
        let mut answered = tokio::time::timeout(patience.min(deadline), &mut answer).await;
        if answered.is_err() && patience < deadline {
            // Nobody may have come since who would have noticed that the query before is stuck.
            self.begin_a_run_if_needed(self.0.waiting());
            answered = tokio::time::timeout(deadline.saturating_sub(patience), answer).await;
        }
        match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(StoreError::failed("the query panicked")),
            Err(elapsed) => Err(StoreError::unavailable(elapsed)),
        }
    }

    fn begin_a_run_if_needed(&self, mut waiting: MutexGuard<'_, Waiting<K, V>>) {
        if waiting.needs_a_run(&self.0.limits) {
            waiting.runs += 1;
            // Until it has begun it is no more stuck than a query that has just been asked.
            waiting.asked = Some(Instant::now());
            drop(waiting);
            Worker::new(&self.0).start(&Handle::current());
        }
    }
}

/// One thread's turn at answering what waits.
pub(crate) struct Worker<K: Key, V: Value> {
    batcher: Arc<Inner<K, V>>,
    /// Whether it has taken any key yet, for which it needed a connection.
    began: bool,
    finished: bool,
}

impl<K: Key, V: Value> Worker<K, V> {
    fn new(batcher: &Arc<Inner<K, V>>) -> Self {
        Self { batcher: Arc::clone(batcher), began: false, finished: false }
    }

    fn start(mut self, runtime: &Handle) {
        runtime.spawn_blocking(move || {
            let batcher = Arc::clone(&self.batcher);
            match (batcher.work)(&mut self) {
                // Without a connection nobody can be served; those who wait shall not wait for one each.
                Err(failure) if !self.began => self.refuse(&failure.into_error()),
                _ => {}
            }
        });
    }

    /// Answers all keys by `query`, many at a time and one answer for each in their order, until none waits any more.
    /// Stops early when a query proves the connection to be dead.
    pub(crate) fn serve(
        &mut self,
        mut query: impl FnMut(&[K]) -> Result<Vec<Answer<V>>, Failure>,
    ) -> Result<(), Failure> {
        while let Some(batch) = self.next() {
            let began = Instant::now();
            match query(&batch.keys) {
                Ok(answers) => batch.answer(answers),
                Err(failure) => {
                    let failure = failure.after(began.elapsed(), self.batcher.limits.lock_timeout);
                    // The callers are told, and so is the pool if it must throw the connection away.
                    let told = failure.told();
                    let answers = batch.keys.iter().map(|_| Err(told.clone())).collect();
                    batch.answer(answers);
                    if failure.spoils_the_connection() {
                        return Err(failure);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes what waits now.
    fn next(&mut self) -> Option<Batch<K, V>> {
        let mut waiting = self.batcher.waiting();
        let count = waiting.order.len().min(self.batcher.limits.keys);
        if count == 0 {
            // Under the lock, so that no key can arrive between the last look and the end of the run.
            waiting.runs -= 1;
            self.finished = true;
            return None;
        }
        let keys: Vec<K> = waiting.order.drain(..count).collect();
        let callers = keys.iter().map(|key| waiting.callers.remove(key).unwrap_or_default()).collect();
        self.began = true;
        waiting.asked = Some(Instant::now());
        let leaves_some_behind = !waiting.order.is_empty() && waiting.runs < self.batcher.limits.runs;
        let runtime = leaves_some_behind.then(Handle::try_current).and_then(Result::ok);
        waiting.runs += usize::from(runtime.is_some());
        drop(waiting);
        if let Some(runtime) = runtime {
            Self::new(&self.batcher).start(&runtime);
        }
        Some(Batch { keys, callers })
    }

    /// Tells everybody who waits now that there is no answer, and ends the run.
    fn refuse(&mut self, error: &StoreError) {
        let callers = {
            let mut waiting = self.batcher.waiting();
            waiting.runs -= 1;
            self.finished = true;
            waiting.order.clear();
            std::mem::take(&mut waiting.callers)
        };
        for caller in callers.into_values().flatten() {
            let _ = caller.send(Err(error.clone()));
        }
    }
}

/// A run that ends before everybody is served, by an error or a panic, leaves the rest to another one. One that never
/// began has no thread to run on: the runtime is shutting down.
impl<K: Key, V: Value> Drop for Worker<K, V> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let mut waiting = self.batcher.waiting();
        if self.began
            && !waiting.order.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            drop(waiting);
            Self::new(&self.batcher).start(&runtime);
        } else {
            waiting.runs -= 1;
        }
    }
}

/// Keys that one query answers, each with those who asked.
struct Batch<K, V> {
    keys: Vec<K>,
    callers: Vec<Vec<oneshot::Sender<Answer<V>>>>,
}

impl<K, V: Clone> Batch<K, V> {
    fn answer(self, answers: Vec<Answer<V>>) {
        for (answer, mut callers) in answers.into_iter().zip(self.callers) {
            let last = callers.pop();
            // A caller that does not wait any more needs no answer.
            for caller in callers {
                let _ = caller.send(answer.clone());
            }
            if let Some(last) = last {
                let _ = last.send(answer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
