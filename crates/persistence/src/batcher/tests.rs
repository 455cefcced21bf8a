use std::sync::mpsc::{self, Receiver, Sender};

use super::*;

const LIMITS: Limits = Limits {
    workers: 1,
    keys: 3,
    patience: Duration::MAX,
    deadline: Duration::from_secs(20),
    lock_timeout: Duration::from_secs(20),
};

type Query = (Vec<u32>, Sender<Result<(), Failure>>);

/// A batcher whose queries wait for the test, which gets their keys and sends their outcomes.
struct Held {
    batcher: Arc<Batcher<u32, u32>>,
    asked: Receiver<Query>,
}

fn held(limits: Limits) -> Held {
    let (ask, asked) = mpsc::channel();
    let batcher = Batcher::new(limits, move |worker: &mut Worker<u32, u32>| {
        worker.serve(|keys| {
            let (answer, answered) = mpsc::channel();
            ask.send((keys.to_vec(), answer)).unwrap();
            // A test that drops its end makes the query panic.
            answered.recv().unwrap()?;
            Ok(keys.iter().map(|key| Ok(key * 10)).collect())
        })
    });
    Held { batcher: Arc::new(batcher), asked }
}

impl Held {
    fn get(&self, key: u32) -> tokio::task::JoinHandle<Reply<u32>> {
        let batcher = Arc::clone(&self.batcher);
        tokio::spawn(async move { batcher.get(key).await })
    }

    /// Waits until this many callers wait, so that the next query takes all of them.
    async fn gathered(&self, callers: usize) {
        while self.batcher.0.waiting().callers.values().map(Vec::len).sum::<usize>() < callers {
            tokio::task::yield_now().await;
        }
    }

    /// Waits for the next query.
    fn query(&self) -> Query {
        self.asked.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_serves_only_callers_from_before_its_start() {
    let held = held(LIMITS);
    let early = held.get(1);
    let (keys, answer) = held.query();
    assert_eq!(keys, [1]);
    // The same key again: the query in flight may have read what has changed since.
    let late = held.get(1);
    held.gathered(1).await;
    answer.send(Ok(())).unwrap();
    assert_eq!(early.await.unwrap().unwrap(), 10);
    let (keys, answer) = held.query();
    assert_eq!(keys, [1]);
    assert!(!late.is_finished());
    answer.send(Ok(())).unwrap();
    assert_eq!(late.await.unwrap().unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_keys_share_a_query_and_equal_keys_are_queried_once() {
    let held = held(LIMITS);
    let first = held.get(0);
    let (_, answer) = held.query();
    let callers: Vec<_> = [7, 8, 7, 9, 7].map(|key| held.get(key)).into();
    held.gathered(5).await;
    let fourth = held.get(6);
    held.gathered(6).await;
    answer.send(Ok(())).unwrap();
    first.await.unwrap().unwrap();
    let (mut keys, answer) = held.query();
    keys.sort_unstable();
    assert_eq!(keys, [7, 8, 9], "at most the limit, in the order of arrival");
    answer.send(Ok(())).unwrap();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.unwrap().unwrap());
    }
    assert_eq!(answers, [70, 80, 70, 90, 70]);
    held.query().1.send(Ok(())).unwrap();
    assert_eq!(fourth.await.unwrap().unwrap(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_reaches_all_callers_and_the_next_query_runs() {
    let held = held(LIMITS);
    let first = held.get(0);
    let (_, answer) = held.query();
    let callers = [held.get(1), held.get(2)];
    held.gathered(2).await;
    answer.send(Ok(())).unwrap();
    first.await.unwrap().unwrap();
    held.query().1.send(Err(Failure::Sql(diesel::result::Error::BrokenTransactionManager))).unwrap();
    for caller in callers {
        assert!(matches!(caller.await.unwrap(), Err(StoreError::Unavailable(_))));
    }
    let next = held.get(3);
    held.query().1.send(Ok(())).unwrap();
    assert_eq!(next.await.unwrap().unwrap(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_leaves_no_caller_waiting() {
    let held = held(LIMITS);
    let first = held.get(1);
    let (_, answer) = held.query();
    let second = held.get(2);
    held.gathered(1).await;
    drop(answer);
    assert!(matches!(first.await.unwrap(), Err(StoreError::Failed(_))));
    held.query().1.send(Ok(())).unwrap();
    assert_eq!(second.await.unwrap().unwrap(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_gives_up_does_not_affect_the_others() {
    let held = held(LIMITS);
    let first = held.get(1);
    let (_, answer) = held.query();
    let second = held.get(1);
    held.gathered(1).await;
    first.abort();
    answer.send(Ok(())).unwrap();
    held.query().1.send(Ok(())).unwrap();
    assert_eq!(second.await.unwrap().unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_all_waiting_callers_get_an_error_at_once() {
    let (begun, begins) = mpsc::channel::<()>();
    let (proceed, proceeds) = mpsc::channel::<()>();
    let proceeds = Mutex::new(proceeds);
    let batcher = Arc::new(Batcher::<u32, u32>::new(LIMITS, move |_| {
        begun.send(()).unwrap();
        proceeds.lock().unwrap().recv().unwrap();
        Err(StoreError::unavailable("no connection").into())
    }));
    let held = Held { batcher, asked: mpsc::channel().1 };
    let callers = [held.get(1), held.get(2), held.get(1)];
    held.gathered(3).await;
    begins.recv().unwrap();
    proceed.send(()).unwrap();
    for caller in callers {
        assert!(matches!(caller.await.unwrap(), Err(StoreError::Unavailable(_))));
    }
    assert_eq!(held.batcher.0.waiting().workers, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_never_ends_times_out() {
    let held = held(Limits { deadline: Duration::from_millis(1), ..LIMITS });
    let caller = held.get(1);
    let (_, answer) = held.query();
    assert!(matches!(caller.await.unwrap(), Err(StoreError::Unavailable(_))));
    answer.send(Ok(())).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_wait_behind_a_young_query() {
    let held = held(Limits { workers: 2, ..LIMITS });
    let first = held.get(1);
    let (_, answer) = held.query();
    let callers = [held.get(2), held.get(3)];
    held.gathered(2).await;
    assert!(held.asked.try_recv().is_err(), "one worker takes all waiting keys");
    answer.send(Ok(())).unwrap();
    first.await.unwrap().unwrap();
    let (keys, answer) = held.query();
    assert_eq!(keys.len(), 2);
    answer.send(Ok(())).unwrap();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_caller_waits_behind_a_slow_query_below_the_limit_of_workers() {
    let held = held(Limits { workers: 2, patience: Duration::ZERO, ..LIMITS });
    let one = held.get(1);
    let first = held.query();
    let two = held.get(2);
    let second = held.query();
    let three = held.get(3);
    held.gathered(1).await;
    assert!(held.asked.try_recv().is_err(), "both workers are busy");
    second.1.send(Ok(())).unwrap();
    assert_eq!(two.await.unwrap().unwrap(), 20);
    held.query().1.send(Ok(())).unwrap();
    assert_eq!(three.await.unwrap().unwrap(), 30);
    first.1.send(Ok(())).unwrap();
    assert_eq!(one.await.unwrap().unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_caller_does_not_wait_behind_a_slow_query() {
    let held = held(Limits { workers: 2, patience: Duration::from_millis(200), ..LIMITS });
    let stuck = held.get(1);
    let first = held.query();
    let last = held.get(2);
    held.gathered(1).await;
    assert!(held.asked.try_recv().is_err(), "the query is young");
    held.query().1.send(Ok(())).unwrap();
    assert_eq!(last.await.unwrap().unwrap(), 20);
    assert!(!stuck.is_finished());
    first.1.send(Ok(())).unwrap();
    assert_eq!(stuck.await.unwrap().unwrap(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_query_leaves_behind_get_another_worker() {
    let held = held(Limits { workers: 2, keys: 1, ..LIMITS });
    let callers = {
        let first = held.get(0);
        let (_, answer) = held.query();
        let callers = [held.get(1), held.get(2), held.get(3)];
        held.gathered(3).await;
        answer.send(Ok(())).unwrap();
        first.await.unwrap().unwrap();
        callers
    };
    let together = [held.query(), held.query()];
    assert!(held.asked.try_recv().is_err(), "the limit is two");
    for (_, answer) in together {
        answer.send(Ok(())).unwrap();
    }
    held.query().1.send(Ok(())).unwrap();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
}
