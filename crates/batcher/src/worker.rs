use std::hash::Hash;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::{Callers, Inner};

/// Looks up waiting keys: takes them by [`Worker::next`], and replies by [`Worker::reply`], until no key waits.
pub struct Worker<K: Clone + Eq + Hash, V: Clone> {
    batcher: Arc<Inner<K, V>>,
    keys: Vec<K>,
    /// The callers of each key.
    callers: Vec<Callers<V>>,
    has_begun: bool,
    is_finished: bool,
}

impl<K: Clone + Eq + Hash, V: Clone> Worker<K, V> {
    pub(crate) fn new(batcher: &Arc<Inner<K, V>>) -> Self {
        let batcher = Arc::clone(batcher);
        Self { batcher, keys: Vec::new(), callers: Vec::new(), has_begun: false, is_finished: false }
    }

    /// Takes the waiting keys, up to the limit. Returns `None` if no key waits, which ends the worker.
    #[expect(clippy::should_implement_trait, reason = "the keys are borrowed from the worker")]
    pub fn next(&mut self) -> Option<&[K]> {
        if self.is_finished {
            return None;
        }
        let mut queue = self.batcher.queue();
        if !self.has_begun {
            self.has_begun = true;
            queue.starting -= 1;
        }
        (self.keys, self.callers) = queue.take(self.batcher.limits.keys);
        if self.keys.is_empty() {
            // Under the lock, so that no key can arrive between this check and the end of the worker.
            queue.workers -= 1;
            self.is_finished = true;
            return None;
        }
        queue.last_start = Some(Instant::now());
        drop(queue);
        Some(&self.keys)
    }

    /// Replies to the callers of the keys that [`Worker::next`] returned: one value for each, in their order.
    pub fn reply(&mut self, values: impl IntoIterator<Item = V>) {
        self.keys.clear();
        for (callers, value) in self.callers.drain(..).zip(values) {
            send_to_all(callers, value);
        }
    }

    /// Replies to the callers of its keys with the same value, and ends the worker. Also replies to all waiting callers,
    /// unless another worker has begun and will take their keys.
    pub fn finish_with(mut self, value: &V) {
        let mut waiting = std::mem::take(&mut self.callers);
        {
            let mut queue = self.batcher.queue();
            let begun = queue.workers - queue.starting;
            let is_only_one = begun == usize::from(self.has_begun && !self.is_finished);
            if is_only_one {
                queue.order.clear();
                waiting.extend(queue.callers.drain().map(|(_, callers)| callers));
            }
        }
        self.keys.clear();
        for callers in waiting {
            send_to_all(callers, value.clone());
        }
    }
}

/// Ends the worker. The keys of a cancelled lookup wait for the next worker. Those of a panic must not cause another
/// one: their callers get an error, because their channels close.
impl<K: Clone + Eq + Hash, V: Clone> Drop for Worker<K, V> {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        let mut queue = self.batcher.queue();
        queue.workers -= 1;
        queue.starting -= usize::from(!self.has_begun);
        if !thread::panicking() {
            queue.put_back(self.keys.drain(..).zip(self.callers.drain(..)));
        }
    }
}

fn send_to_all<V: Clone>(mut callers: Callers<V>, value: V) {
    let last = callers.pop();
    // Sending fails if the caller no longer waits.
    for caller in callers {
        let _ = caller.send(value.clone());
    }
    if let Some(last) = last {
        let _ = last.send(value);
    }
}
