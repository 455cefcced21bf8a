//! Shares lookups among concurrent callers.
//!
//! Keys wait while a worker looks up the keys before them. A worker takes the waiting keys *before* its lookup begins.
//! So each value comes from a lookup that began after the call, and it is never older than the call. Equal waiting keys
//! are looked up once.
//!
//! One worker is best while each lookup takes all waiting keys: a second one would halve the batches. Another worker
//! starts only if more keys wait than one lookup takes, or if the newest lookup is slow.
//!
//! A worker is independent of its callers: it continues when a caller stops waiting. If it panics, its callers get an
//! error. If it is cancelled, its keys wait for the next worker.
//!
//! The data loaders on crates.io wait for a fixed time before each batch, or reply from a cache. Neither suits a lookup
//! that takes less than a millisecond and must see every change that was committed before the call.
//!
//! ```
//! # use std::time::Duration;
//! # use steward_batcher::{Batcher, Limits, Worker};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let limits =
//!     Limits { workers: 4, keys: 100, patience: Duration::from_millis(2), deadline: Duration::from_secs(5) };
//! let batcher: Batcher<u32, String> = Batcher::new(limits);
//! let start = |mut worker: Worker<u32, String>| {
//!     tokio::task::spawn_blocking(move || {
//!         while let Some(keys) = worker.next() {
//!             let values: Vec<_> = keys.iter().map(|key| format!("value of {key}")).collect();
//!             worker.reply(values);
//!         }
//!     });
//! };
//! assert_eq!(batcher.get(7, &start).await.unwrap(), "value of 7");
//! # }
//! ```

#![deny(missing_docs)]

mod worker;

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

pub use worker::Worker;

/// The minimum and the maximum time until a waiting caller checks again whether its key needs a worker.
const MIN_CHECK_INTERVAL: Duration = Duration::from_millis(1);
const MAX_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// The limits of a batcher.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum number of workers.
    pub workers: usize,
    /// The maximum number of keys per lookup.
    pub keys: usize,
    /// The age of the newest lookup from which on other keys do not wait for it.
    pub patience: Duration,
    /// The maximum time that a caller waits.
    pub deadline: Duration,
}

/// The reason why a caller got no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// The lookup panicked.
    #[error("the lookup panicked")]
    Panicked,
    /// The deadline passed.
    #[error("no reply within {0:?}")]
    TimedOut(Duration),
}

/// Looks up the values of keys for concurrent callers. Clones share the waiting keys.
pub struct Batcher<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    limits: Limits,
    queue: Mutex<Queue<K, V>>,
}

/// The callers of one key.
type Callers<V> = Vec<oneshot::Sender<V>>;

struct Queue<K, V> {
    callers: HashMap<K, Callers<V>>,
    /// The keys of `callers`, in the order of their arrival.
    order: VecDeque<K>,
    workers: usize,
    /// The workers that have not taken keys yet.
    starting: usize,
    /// When the newest worker or lookup started.
    last_start: Option<Instant>,
}

impl<K, V> Clone for Batcher<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Batcher<K, V> {
    /// Creates a batcher.
    pub fn new(limits: Limits) -> Self {
        let queue =
            Queue { callers: HashMap::new(), order: VecDeque::new(), workers: 0, starting: 0, last_start: None };
        Self(Arc::new(Inner { limits, queue: Mutex::new(queue) }))
    }

    /// Returns the value for `key`, from a lookup that begins after this call.
    ///
    /// `start` runs a worker in a task or on a thread of its own.
    pub async fn get(&self, key: K, start: &impl Fn(Worker<K, V>)) -> Result<V, NoReply> {
        let Limits { patience, deadline, .. } = self.0.limits;
        let (caller, mut reply) = oneshot::channel();
        self.0.queue().add(key, caller);
        self.start_worker_if_needed(start);
        // No later caller may come that notices a slow or cancelled worker, so each one checks again.
        let (mut interval, mut remaining) = (patience.max(MIN_CHECK_INTERVAL).min(deadline), deadline);
        loop {
            match timeout(interval, &mut reply).await {
                Ok(reply) => return reply.map_err(|_| NoReply::Panicked),
                Err(_) if interval == remaining => return Err(NoReply::TimedOut(deadline)),
                Err(_) => self.start_worker_if_needed(start),
            }
            remaining -= interval;
            interval = interval.saturating_mul(2).min(MAX_CHECK_INTERVAL).min(remaining);
        }
    }

    fn start_worker_if_needed(&self, start: &impl Fn(Worker<K, V>)) {
        let mut queue = self.0.queue();
        if queue.needs_worker(&self.0.limits) {
            queue.workers += 1;
            queue.starting += 1;
            queue.last_start = Some(Instant::now());
            drop(queue);
            start(Worker::new(&self.0));
        }
    }
}

impl<K, V> Inner<K, V> {
    // The state is consistent between any two statements, so a poisoned lock holds a valid one.
    fn queue(&self) -> MutexGuard<'_, Queue<K, V>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, V> Queue<K, V> {
    fn add(&mut self, key: K, caller: oneshot::Sender<V>) {
        if let Some(callers) = self.callers.get_mut(&key) {
            callers.push(caller);
        } else {
            self.order.push_back(key.clone());
            self.callers.insert(key, vec![caller]);
        }
    }

    /// Removes up to `limit` keys that still have waiting callers, oldest first. Returns them with their callers.
    fn take(&mut self, limit: usize) -> (Vec<K>, Vec<Callers<V>>) {
        let count = limit.min(self.order.len());
        let (mut keys, mut callers) = (Vec::with_capacity(count), Vec::with_capacity(count));
        while keys.len() < limit
            && let Some(key) = self.order.pop_front()
        {
            let mut waiting = self.callers.remove(&key).unwrap_or_default();
            waiting.retain(|caller| !caller.is_closed());
            if !waiting.is_empty() {
                keys.push(key);
                callers.push(waiting);
            }
        }
        (keys, callers)
    }

    /// Returns keys of a cancelled lookup to the front.
    fn put_back(&mut self, batch: impl DoubleEndedIterator<Item = (K, Callers<V>)>) {
        for (key, mut callers) in batch.rev() {
            if let Some(later) = self.callers.get_mut(&key) {
                later.append(&mut callers);
            } else {
                self.order.push_front(key.clone());
                self.callers.insert(key, callers);
            }
        }
    }
}

impl<K, V> Queue<K, V> {
    fn needs_worker(&self, limits: &Limits) -> bool {
        let is_more_than_one_lookup = || self.order.len() > limits.keys * (1 + self.starting);
        let is_slow = || self.last_start.is_some_and(|start| start.elapsed() > limits.patience);
        !self.order.is_empty()
            && (self.workers == 0 || (self.workers < limits.workers && (is_more_than_one_lookup() || is_slow())))
    }
}

#[cfg(test)]
mod tests;
