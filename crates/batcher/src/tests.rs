use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::*;

const LIMITS: Limits =
    Limits { workers: 1, keys: 3, patience: Duration::from_secs(20), deadline: Duration::from_secs(20) };

/// The keys of a lookup, and the sender that lets it end. If the sender is dropped, the lookup panics.
type Lookup = (Vec<u32>, Sender<()>);

/// A batcher whose lookups wait for the test. The value of a key is ten times the key.
struct Held {
    batcher: Batcher<u32, u32>,
    start: Sender<Lookup>,
    lookups: Receiver<Lookup>,
}

impl Held {
    fn new(limits: Limits) -> Self {
        let (start, lookups) = mpsc::channel();
        Self { batcher: Batcher::new(limits), start, lookups }
    }

    fn get(&self, key: u32) -> JoinHandle<Result<u32, NoReply>> {
        let (batcher, lookups) = (self.batcher.clone(), self.start.clone());
        tokio::spawn(async move { batcher.get(key, &|worker| run(worker, lookups.clone())).await })
    }

    /// Waits until this many callers wait, so that the next lookup takes their keys.
    async fn wait_for_callers(&self, count: usize) {
        while self.batcher.0.queue().callers.values().map(Vec::len).sum::<usize>() < count {
            tokio::task::yield_now().await;
        }
    }

    /// Waits for the next lookup.
    fn lookup(&self) -> Lookup {
        self.lookups.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn is_idle(&self) -> bool {
        self.lookups.try_recv().is_err()
    }
}

fn run(mut worker: Worker<u32, u32>, lookups: Sender<Lookup>) {
    tokio::task::spawn_blocking(move || {
        while let Some(keys) = worker.next() {
            let values: Vec<_> = keys.iter().map(|key| key * 10).collect();
            let (end, ended) = mpsc::channel();
            lookups.send((keys.to_vec(), end)).unwrap();
            ended.recv().unwrap();
            worker.reply(values);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_serves_only_callers_from_before_its_start() {
    let held = Held::new(LIMITS);
    let early = held.get(1);
    let (keys, end) = held.lookup();
    assert_eq!(keys, [1]);
    // The same key again: the running lookup may have read what has changed since.
    let late = held.get(1);
    held.wait_for_callers(1).await;
    end.send(()).unwrap();
    assert_eq!(early.await.unwrap(), Ok(10));
    let (keys, end) = held.lookup();
    assert_eq!(keys, [1]);
    assert!(!late.is_finished());
    end.send(()).unwrap();
    assert_eq!(late.await.unwrap(), Ok(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_keys_share_a_lookup_and_equal_keys_are_looked_up_once() {
    let held = Held::new(LIMITS);
    let first = held.get(0);
    let (_, end) = held.lookup();
    let callers = [7, 8, 7, 9, 7].map(|key| held.get(key));
    held.wait_for_callers(5).await;
    let fourth = held.get(6);
    held.wait_for_callers(6).await;
    end.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(0));
    let (keys, end) = held.lookup();
    assert_eq!(BTreeSet::from_iter(keys), [7, 8, 9].into(), "at most the limit, in the order of arrival");
    end.send(()).unwrap();
    for (caller, value) in callers.into_iter().zip([70, 80, 70, 90, 70]) {
        assert_eq!(caller.await.unwrap(), Ok(value));
    }
    held.lookup().1.send(()).unwrap();
    assert_eq!(fourth.await.unwrap(), Ok(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_the_wait_of_its_callers_only() {
    let held = Held::new(Limits { patience: Duration::from_millis(1), ..LIMITS });
    let first = held.get(1);
    let (_, end) = held.lookup();
    let second = held.get(2);
    held.wait_for_callers(1).await;
    drop(end);
    assert_eq!(first.await.unwrap(), Err(NoReply::Panicked));
    held.lookup().1.send(()).unwrap();
    assert_eq!(second.await.unwrap(), Ok(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_callers_that_no_longer_wait_are_not_looked_up() {
    let held = Held::new(LIMITS);
    let first = held.get(1);
    let (_, end) = held.lookup();
    let callers = [held.get(2), held.get(3), held.get(3)];
    held.wait_for_callers(3).await;
    let [two, three, again] = callers;
    for cancelled in [first, two, three] {
        cancelled.abort();
        assert!(cancelled.await.unwrap_err().is_cancelled());
    }
    end.send(()).unwrap();
    let (keys, end) = held.lookup();
    assert_eq!(keys, [3]);
    end.send(()).unwrap();
    assert_eq!(again.await.unwrap(), Ok(30));
}

#[tokio::test]
async fn the_keys_of_a_cancelled_worker_are_looked_up_by_the_next_one() {
    let batcher: Batcher<u32, u32> = Batcher::new(Limits { patience: Duration::from_millis(1), ..LIMITS });
    let started = Cell::new(0);
    let start = |mut worker: Worker<u32, u32>| {
        started.set(started.get() + 1);
        match started.get() {
            1 => drop(worker),
            2 => assert_eq!(worker.next().unwrap(), [7], "cancelled with its keys"),
            _ => {
                assert_eq!(worker.next().unwrap(), [7]);
                worker.reply([70]);
                assert!(worker.next().is_none());
            }
        }
    };
    assert_eq!(batcher.get(7, &start).await, Ok(70));
    assert_eq!(started.get(), 3);
    let queue = batcher.0.queue();
    assert_eq!((queue.workers, queue.starting, queue.order.len()), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_can_reply_to_all_waiting_callers_at_once() {
    let batcher: Batcher<u32, u32> = Batcher::new(LIMITS);
    let (send, workers) = mpsc::channel();
    let callers = [1, 2, 1].map(|key| {
        let (batcher, send) = (batcher.clone(), send.clone());
        tokio::spawn(async move { batcher.get(key, &|worker| send.send(worker).unwrap()).await })
    });
    while batcher.0.queue().callers.values().map(Vec::len).sum::<usize>() < 3 {
        tokio::task::yield_now().await;
    }
    workers.recv().unwrap().finish_with(&5);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(5));
    }
    assert_eq!(batcher.0.queue().workers, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_begin_leaves_the_waiting_keys_to_one_that_has() {
    let batcher: Batcher<u32, u32> = Batcher::new(Limits { workers: 2, patience: Duration::from_millis(1), ..LIMITS });
    let (send, workers) = mpsc::channel();
    let get = |key| {
        let (batcher, send) = (batcher.clone(), send.clone());
        tokio::spawn(async move { batcher.get(key, &|worker| send.send(worker).unwrap()).await })
    };
    let first = get(1);
    let mut begun = workers.recv().unwrap();
    assert_eq!(begun.next().unwrap(), [1]);
    let second = get(2);
    workers.recv().unwrap().finish_with(&0);
    begun.reply([10]);
    assert_eq!(begun.next().unwrap(), [2]);
    begun.reply([20]);
    assert!(begun.next().is_none() && begun.next().is_none(), "a finished worker stays finished");
    assert_eq!(first.await.unwrap(), Ok(10));
    assert_eq!(second.await.unwrap(), Ok(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_never_ends_times_out() {
    let deadline = Duration::from_millis(1);
    let held = Held::new(Limits { deadline, ..LIMITS });
    let caller = held.get(1);
    let (_, end) = held.lookup();
    assert_eq!(caller.await.unwrap(), Err(NoReply::TimedOut(deadline)));
    end.send(()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batcher_without_patience_or_without_time_ends_too() {
    for (patience, deadline) in [(Duration::ZERO, Duration::from_millis(20)), (Duration::ZERO, Duration::ZERO)] {
        let batcher: Batcher<u32, u32> = Batcher::new(Limits { patience, deadline, ..LIMITS });
        let lost = batcher.get(1, &|worker| drop(worker)).await;
        assert_eq!(lost, Err(NoReply::TimedOut(deadline)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_wait_for_a_young_lookup() {
    let held = Held::new(Limits { workers: 2, ..LIMITS });
    let first = held.get(1);
    let (_, end) = held.lookup();
    let callers = [held.get(2), held.get(3)];
    held.wait_for_callers(2).await;
    assert!(held.is_idle(), "one worker takes all waiting keys");
    end.send(()).unwrap();
    first.await.unwrap().unwrap();
    let (keys, end) = held.lookup();
    assert_eq!(keys.len(), 2);
    end.send(()).unwrap();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_do_not_wait_for_a_slow_lookup_below_the_limit_of_workers() {
    let held = Held::new(Limits { workers: 2, patience: Duration::from_millis(100), ..LIMITS });
    let one = held.get(1);
    let first = held.lookup();
    let two = held.get(2);
    held.wait_for_callers(1).await;
    assert!(held.is_idle(), "the lookup is young");
    let second = held.lookup();
    let three = held.get(3);
    held.wait_for_callers(1).await;
    second.1.send(()).unwrap();
    assert_eq!(two.await.unwrap(), Ok(20));
    held.lookup().1.send(()).unwrap();
    assert_eq!(three.await.unwrap(), Ok(30));
    first.1.send(()).unwrap();
    assert_eq!(one.await.unwrap(), Ok(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_keys_than_one_lookup_takes_get_another_worker() {
    let held = Held::new(Limits { workers: 2, keys: 1, ..LIMITS });
    let mut callers = vec![held.get(0)];
    let first = held.lookup();
    callers.extend([held.get(1), held.get(2), held.get(3)]);
    let second = held.lookup();
    held.wait_for_callers(2).await;
    assert!(held.is_idle(), "the limit is two");
    for (_, end) in [first, second] {
        end.send(()).unwrap();
    }
    for _ in 0..2 {
        held.lookup().1.send(()).unwrap();
    }
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
}
