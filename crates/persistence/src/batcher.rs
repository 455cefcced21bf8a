//! Concurrent lookups share one query.
//!
//! Keys wait while a worker runs a query. A worker takes the waiting keys *before* its query starts, so each reply
//! comes from a query that began after the call and sees everything that was committed before it. Equal waiting keys
//! are queried once. Under load a worker runs one query after another on one connection.
//!
//! One worker is best while each query takes all waiting keys: a second one would halve the batches, and double the
//! cost per query and per change of threads. Another worker starts only if a query leaves keys behind or is slow.
//!
//! A worker is independent of its callers: it continues when a caller stops waiting. If it panics, its callers get an
//! error and the next worker starts.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steward_domain::ports::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::failure::Failure;

/// The limits of a batcher.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The maximum number of workers.
    pub(crate) workers: usize,
    /// The maximum number of keys per query.
    pub(crate) keys: usize,
    /// The age of the newest running query from which on the next caller starts another worker.
    pub(crate) patience: Duration,
    /// The maximum time that a caller waits.
    pub(crate) deadline: Duration,
    /// The maximum time that a query waits for a lock.
    pub(crate) lock_timeout: Duration,
}

impl Limits {
    /// An older query is so slow that other keys must not wait for it.
    const PATIENCE: Duration = Duration::from_millis(2);

    /// For lookups in an index, whose time hardly depends on the number of keys.
    pub(crate) fn of_lookups(db: &Database) -> Self {
        Self {
            workers: 4,
            keys: 100,
            patience: Self::PATIENCE,
            deadline: db.deadline(),
            lock_timeout: db.lock_timeout(),
        }
    }
}

/// A key of a lookup.
pub(crate) trait Key: Clone + Eq + Hash + Send + 'static {}
impl<K: Clone + Eq + Hash + Send + 'static> Key for K {}

/// The value of a lookup, which several callers can get.
pub(crate) trait Value: Clone + Send + 'static {}
impl<V: Clone + Send + 'static> Value for V {}

/// Serves the waiting keys by [`Worker::serve`], and returns when none are left or the connection is broken.
type Work<K, V> = dyn Fn(&mut Worker<K, V>) -> Result<(), Failure> + Send + Sync;

/// The reply to a caller.
pub(crate) type Reply<V> = Result<V, StoreError>;

/// Shares queries among concurrent callers.
pub(crate) struct Batcher<K: Key, V: Value>(Arc<Inner<K, V>>);

struct Inner<K: Key, V: Value> {
    limits: Limits,
    work: Box<Work<K, V>>,
    waiting: Mutex<Waiting<K, V>>,
}

struct Waiting<K, V> {
    callers: HashMap<K, Vec<oneshot::Sender<Reply<V>>>>,
    /// The keys of `callers`, in the order of their arrival.
    order: VecDeque<K>,
    workers: usize,
    /// The start of the newest query.
    queried_at: Option<Instant>,
}

impl<K, V> Waiting<K, V> {
    /// Whether the waiting keys need another worker.
    fn needs_worker(&self, limits: &Limits) -> bool {
        let is_slow = || self.queried_at.is_some_and(|start| start.elapsed() > limits.patience);
        !self.order.is_empty() && (self.workers == 0 || (self.workers < limits.workers && is_slow()))
    }
}

impl<K: Key, V: Value> Inner<K, V> {
    // The state is consistent between any two statements, so a poisoned lock holds a valid one.
    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key, V: Value> Batcher<K, V> {
    /// A batcher with this `work`, which gets a [`Worker`] on a thread that may block.
    pub(crate) fn new(
        limits: Limits,
        work: impl Fn(&mut Worker<K, V>) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Waiting { callers: HashMap::new(), order: VecDeque::new(), workers: 0, queried_at: None };
        Self(Arc::new(Inner { limits, work: Box::new(work), waiting: Mutex::new(waiting) }))
    }

    /// Returns the value for `key`, from a query that begins after this call.
    pub(crate) async fn get(&self, key: K) -> Reply<V> {
        let (caller, mut reply) = oneshot::channel();
        {
            let mut waiting = self.0.waiting();
            if let Some(callers) = waiting.callers.get_mut(&key) {
                callers.push(caller);
            } else {
                waiting.order.push_back(key.clone());
                waiting.callers.insert(key, vec![caller]);
            }
            self.start_worker_if_needed(waiting);
        }
        let Limits { patience, deadline, .. } = self.0.limits;
        let mut outcome = tokio::time::timeout(patience.min(deadline), &mut reply).await;
        if outcome.is_err() && patience < deadline {
            // Without a later caller, only this one can detect that the running query is slow.
            self.start_worker_if_needed(self.0.waiting());
            outcome = tokio::time::timeout(deadline.saturating_sub(patience), reply).await;
        }
        match outcome {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(StoreError::failed("the query panicked")),
            Err(elapsed) => Err(StoreError::unavailable(elapsed)),
        }
    }

    fn start_worker_if_needed(&self, mut waiting: MutexGuard<'_, Waiting<K, V>>) {
        if waiting.needs_worker(&self.0.limits) {
            waiting.workers += 1;
            // A worker that is about to start counts as one with a new query.
            waiting.queried_at = Some(Instant::now());
            drop(waiting);
            Worker::new(&self.0).start(&Handle::current());
        }
    }
}

/// Replies to waiting callers, on one thread.
pub(crate) struct Worker<K: Key, V: Value> {
    batcher: Arc<Inner<K, V>>,
    /// Whether it has taken a key, for which it needed a connection.
    has_begun: bool,
    is_finished: bool,
}

impl<K: Key, V: Value> Worker<K, V> {
    fn new(batcher: &Arc<Inner<K, V>>) -> Self {
        Self { batcher: Arc::clone(batcher), has_begun: false, is_finished: false }
    }

    fn start(mut self, runtime: &Handle) {
        runtime.spawn_blocking(move || {
            let batcher = Arc::clone(&self.batcher);
            match (batcher.work)(&mut self) {
                // There is no connection, so that all waiting callers get the error at once.
                Err(failure) if !self.has_begun => self.fail_all(&failure.into_error()),
                _ => {}
            }
        });
    }

    /// Replies to all waiting keys by `query`, which gets many keys and returns one reply for each, in their order.
    /// Stops if a failure shows that the connection is broken.
    pub(crate) fn serve(
        &mut self,
        mut query: impl FnMut(&[K]) -> Result<Vec<Reply<V>>, Failure>,
    ) -> Result<(), Failure> {
        while let Some(batch) = self.next() {
            let start = Instant::now();
            match query(&batch.keys) {
                Ok(replies) => batch.reply(replies),
                Err(failure) => {
                    let failure = failure.after(start.elapsed(), self.batcher.limits.lock_timeout);
                    let error = failure.shared_error();
                    let replies = batch.keys.iter().map(|_| Err(error.clone())).collect();
                    batch.reply(replies);
                    // The pool discards the connection.
                    if failure.breaks_connection() {
                        return Err(failure);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the waiting keys, up to the limit.
    fn next(&mut self) -> Option<Batch<K, V>> {
        let mut waiting = self.batcher.waiting();
        let count = waiting.order.len().min(self.batcher.limits.keys);
        if count == 0 {
            // Under the lock, so that no key can arrive between this check and the end of the worker.
            waiting.workers -= 1;
            self.is_finished = true;
            return None;
        }
        let keys: Vec<K> = waiting.order.drain(..count).collect();
        let callers = keys.iter().map(|key| waiting.callers.remove(key).unwrap_or_default()).collect();
        self.has_begun = true;
        waiting.queried_at = Some(Instant::now());
        let leaves_keys_behind = !waiting.order.is_empty() && waiting.workers < self.batcher.limits.workers;
        let runtime = leaves_keys_behind.then(Handle::try_current).and_then(Result::ok);
        waiting.workers += usize::from(runtime.is_some());
        drop(waiting);
        if let Some(runtime) = runtime {
            Self::new(&self.batcher).start(&runtime);
        }
        Some(Batch { keys, callers })
    }

    /// Replies to all waiting callers with an error, and ends the worker.
    fn fail_all(&mut self, error: &StoreError) {
        let callers = {
            let mut waiting = self.batcher.waiting();
            waiting.workers -= 1;
            self.is_finished = true;
            waiting.order.clear();
            std::mem::take(&mut waiting.callers)
        };
        for caller in callers.into_values().flatten() {
            let _ = caller.send(Err(error.clone()));
        }
    }
}

/// If a worker ends early, by an error or a panic, another one serves the remaining keys. A worker that never began has
/// no thread: the runtime is shutting down.
impl<K: Key, V: Value> Drop for Worker<K, V> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        let mut waiting = self.batcher.waiting();
        if self.has_begun
            && !waiting.order.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            drop(waiting);
            Self::new(&self.batcher).start(&runtime);
        } else {
            waiting.workers -= 1;
        }
    }
}

/// The keys of one query, each with its callers.
struct Batch<K, V> {
    keys: Vec<K>,
    callers: Vec<Vec<oneshot::Sender<Reply<V>>>>,
}

impl<K, V: Clone> Batch<K, V> {
    fn reply(self, replies: Vec<Reply<V>>) {
        for (reply, mut callers) in replies.into_iter().zip(self.callers) {
            let last = callers.pop();
            // Sending fails if the caller no longer waits.
            for caller in callers {
                let _ = caller.send(reply.clone());
            }
            if let Some(last) = last {
                let _ = last.send(reply);
            }
        }
    }
}

#[cfg(test)]
mod tests;
