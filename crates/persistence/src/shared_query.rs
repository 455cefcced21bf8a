//! Queries that concurrent callers share, by the generic [`steward_batcher`].
//!
//! A shared query begins after the calls of all its callers, so it sees every change that was committed before them.
//!
//! CPU time of the process and of PostgreSQL per request, at 32 clients, both forms in turns:
//!
//! | line | shared | a query per request |
//! |---|--:|--:|
//! | `me` (a session by its id) | 31 µs | 147 µs |
//! | `get` (a user by its id) | 63 µs | 279 µs |
//! | `list` (all clients read the same page) | 68 µs | 198 µs |
//! | `audit` (all clients read the same page) | 59 µs | 235 µs |
//! | `analytics` (the state of all users) | 201 µs | 437 µs |

use std::hash::Hash;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use steward_batcher::{Batcher, Limits, NoReply, Worker};
use steward_domain::Timestamp;
use steward_domain::ports::StoreError;

use crate::database::Database;
use crate::failure::Failure;

/// A key or a request.
pub(crate) trait Request: Clone + Eq + Hash + Send + 'static {}
impl<K: Clone + Eq + Hash + Send + 'static> Request for K {}

/// The result for a key or a request, which several callers can get.
pub(crate) trait Outcome: Clone + Send + 'static {}
impl<V: Clone + Send + 'static> Outcome for V {}

/// The reply to a caller.
pub(crate) type Reply<V> = Result<V, StoreError>;

/// Replies to the callers by [`Lookup::serve`], on a thread that may block.
type Work<K, V> = dyn Fn(&Database, &mut Lookup<K, V>) -> Result<(), Failure> + Send + Sync;

/// A query that concurrent callers share.
pub(crate) struct SharedQuery<K: Request, V: Outcome> {
    db: Database,
    batcher: Batcher<K, Reply<V>>,
    work: Arc<Work<K, V>>,
}

impl<V: Outcome> SharedQuery<Timestamp, V> {
    /// A query of the state at a time. One runs at a time, and all waiting callers get the state at the latest of their
    /// times, so that more requests cost no more queries.
    pub(crate) fn of_state(
        db: Database,
        query: impl Fn(&Database, Timestamp) -> Result<V, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self::new(db, 1, 100, move |db, lookup| {
            lookup.serve(|times| {
                let state = times.iter().max().map(|now| query(db, *now)).transpose()?;
                Ok(state.map_or_else(Vec::new, |state| vec![Ok(state); times.len()]))
            })
        })
    }
}

impl<K: Request, V: Outcome> SharedQuery<K, V> {
    /// A query in an index, whose time hardly depends on the number of keys: up to 100 keys share one.
    ///
    /// `work` takes a connection and calls [`Lookup::serve`].
    pub(crate) fn of_keys(
        db: Database,
        work: impl Fn(&Database, &mut Lookup<K, V>) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        Self::new(db, 4, 100, work)
    }

    /// An expensive query. Equal requests share one, and one per core runs at a time (at least two), so that other
    /// queries find a connection.
    pub(crate) fn of_requests(
        db: Database,
        query: impl Fn(&Database, &K) -> Result<V, Failure> + Send + Sync + 'static,
    ) -> Self {
        let workers = available_parallelism().map_or(2, |cores| cores.get().max(2));
        Self::new(db, workers, 1, move |db, lookup| {
            lookup.serve(|requests| requests.iter().map(|request| Ok(Ok(query(db, request)?))).collect())
        })
    }

    fn new(
        db: Database,
        workers: usize,
        keys: usize,
        work: impl Fn(&Database, &mut Lookup<K, V>) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        let limits = Limits { workers, keys, patience: Duration::from_millis(2), deadline: db.deadline() };
        Self { db, batcher: Batcher::new(limits), work: Arc::new(work) }
    }

    /// Returns the value of `key`.
    pub(crate) async fn get(&self, key: K) -> Reply<V> {
        let start = |worker| {
            let (db, work) = (self.db.clone(), Arc::clone(&self.work));
            tokio::task::spawn_blocking(move || run(&db, &*work, worker));
        };
        match self.batcher.get(key, &start).await {
            Ok(reply) => reply,
            Err(panic @ NoReply::Panicked) => Err(StoreError::failed(panic)),
            Err(late @ NoReply::TimedOut(_)) => Err(StoreError::unavailable(late)),
        }
    }
}

/// Replies to waiting callers, on one thread.
pub(crate) struct Lookup<K: Request, V: Outcome> {
    worker: Worker<K, Reply<V>>,
    lock_timeout: Duration,
    has_begun: bool,
}

fn run<K: Request, V: Outcome>(db: &Database, work: &Work<K, V>, worker: Worker<K, Reply<V>>) {
    let mut lookup = Lookup { worker, lock_timeout: db.lock_timeout(), has_begun: false };
    if let Err(failure) = work(db, &mut lookup)
        && !lookup.has_begun
    {
        // There is no connection, so that all waiting callers get the error at once.
        lookup.worker.finish_with(&Err(failure.into_error()));
    }
}

impl<K: Request, V: Outcome> Lookup<K, V> {
    /// Replies to all waiting keys by `query`, which gets many keys and returns one reply for each, in their order.
    /// Stops if a failure shows that the connection is broken.
    pub(crate) fn serve(
        &mut self,
        mut query: impl FnMut(&[K]) -> Result<Vec<Reply<V>>, Failure>,
    ) -> Result<(), Failure> {
        while let Some(keys) = self.worker.next() {
            self.has_begun = true;
            let (count, start) = (keys.len(), Instant::now());
            match query(keys) {
                Ok(replies) => self.worker.reply(replies),
                Err(failure) => {
                    let failure = failure.after(start.elapsed(), self.lock_timeout);
                    self.worker.reply(vec![Err(failure.shared_error()); count]);
                    // The pool discards the connection.
                    if failure.breaks_connection() {
                        return Err(failure);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::result::Error;
    use tempfile::TempDir;

    use super::*;
    use crate::database::DatabaseSettings;

    fn database() -> (TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/steward.db", folder.path().display());
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        (folder, database)
    }

    #[tokio::test]
    async fn an_error_reaches_its_callers_and_the_next_query_runs() {
        let (_folder, db) = database();
        let queries = AtomicUsize::new(0);
        let query =
            SharedQuery::of_requests(db, move |_, request: &u32| match queries.fetch_add(1, Ordering::SeqCst) {
                0 => Err(Failure::Sql(Error::BrokenTransactionManager)),
                1 => Err(Failure::Sql(Error::NotFound)),
                _ => Ok(request * 10),
            });
        assert!(matches!(query.get(1).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(query.get(1).await, Err(StoreError::Failed(_))));
        assert_eq!(query.get(1).await.unwrap(), 10);
    }

    #[tokio::test]
    async fn a_panic_fails_its_callers_and_the_next_query_runs() {
        let (_folder, db) = database();
        let query = SharedQuery::of_requests(db, |_, request: &u32| {
            assert!(*request > 0, "panics");
            Ok(*request)
        });
        assert!(matches!(query.get(0).await, Err(StoreError::Failed(_))));
        assert_eq!(query.get(1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn without_a_connection_the_caller_gets_an_error_at_once() {
        let (_folder, db) = database();
        let query: SharedQuery<u32, u32> =
            SharedQuery::of_keys(db, |_, _| Err(StoreError::unavailable("no connection").into()));
        assert!(matches!(query.get(1).await, Err(StoreError::Unavailable(_))));
    }
}
