use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use steward_domain::Timestamp;
use steward_domain::ports::{Clock, StoreError, TaskLeases};
use tokio::task::LocalSet;

use super::{NAME, Shared, Step, Work, seconds};

/// Leases in a database that is unavailable for a while.
struct Unavailable {
    leases: Arc<dyn TaskLeases>,
    is_away: AtomicBool,
    /// Whether calls wait for the database, or fail at once.
    hangs: bool,
}

#[async_trait]
impl TaskLeases for Unavailable {
    async fn acquire(&self, name: &str, holder: &str, now: Timestamp, ttl: TimeDelta) -> Result<bool, StoreError> {
        match (self.is_away.load(Ordering::Relaxed), self.hangs) {
            (false, _) => self.leases.acquire(name, holder, now, ttl).await,
            (true, false) => Err(StoreError::unavailable("away")),
            (true, true) => std::future::pending().await,
        }
    }

    async fn release(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.leases.release(name, holder).await
    }
}

async fn unavailable(is_away: bool, hangs: bool) -> (Shared, Arc<Unavailable>) {
    let shared = Shared::new().await;
    let is_away = AtomicBool::new(is_away);
    let database = Arc::new(Unavailable { leases: Arc::clone(&shared.leases), is_away, hangs });
    (Shared { leases: Arc::<Unavailable>::clone(&database), ..shared }, database)
}

#[tokio::test(start_paused = true)]
async fn of_several_workers_one_runs_an_exclusive_task_in_each_interval() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let work = Work::new(&[Step::Done]);
            let processes = ["one", "two", "three"].map(|holder| shared.worker(holder));
            let _running = processes.each_ref().map(|process| process.start(work.exclusive()));
            seconds(2 * 3600 + 30).await;
            assert_eq!(work.runs().len(), 3, "{:?}", work.runs());
            let skipped = processes.iter().filter(|process| process.runs("skipped").is_some()).count();
            assert!(skipped >= 2);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_keeps_the_lease_during_a_long_run() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, other) = (Work::new(&[Step::Take(1000)]), Work::new(&[Step::Done]));
            let (process, second) = (shared.worker("one"), shared.worker("two"));
            let _running = process.start(work.exclusive());
            seconds(1).await;
            let _waiting = second.start(other.exclusive());
            seconds(4500).await;
            assert_eq!((work.runs().len(), other.runs().len()), (1, 0), "{:?}", other.runs());
            seconds(120).await;
            assert_eq!(work.runs().len() + other.runs().len(), 2);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_exclusive_task_of_a_killed_worker_is_taken_over() {
    let shared = Shared::new().await;
    let (killed, process) = (LocalSet::new(), shared.worker("killed"));
    let work = Work::new(&[Step::Take(100_000)]);
    killed
        .run_until(async {
            std::mem::forget(process.start(work.exclusive()));
            seconds(25).await;
        })
        .await;
    drop(killed);
    LocalSet::new()
        .run_until(async {
            let (next, process) = (Work::new(&[Step::Done]), shared.worker("next"));
            let _running = process.start(next.exclusive());
            seconds(240).await;
            // The lease was extended at 20.5 s for 90 s, and is asked for once per minute.
            assert_eq!((work.runs(), next.runs()), (vec![500], vec![120_500]));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cut_when_another_worker_took_the_lease() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(100)]), shared.worker("one"));
            let _running = process.start(work.exclusive());
            seconds(1).await;
            // The clock of the other worker is far ahead.
            assert!(shared.acquire("two", shared.clock.now() + TimeDelta::hours(1)).await);
            seconds(300).await;
            assert_eq!((process.runs("lease_lost").as_deref(), process.runs("succeeded")), (Some("1"), None));
            assert_eq!(work.runs(), [500]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_releases_the_lease_and_a_successful_one_keeps_it_for_the_interval() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let process = shared.worker("one");
            for (step, is_free) in [(Step::Fail, true), (Step::Panic, true), (Step::Done, false)] {
                let running = process.start(Work::new(&[step]).exclusive());
                seconds(1).await;
                assert_eq!(shared.acquire("two", shared.clock.now() + TimeDelta::minutes(59)).await, is_free);
                shared.leases.release(NAME, "two").await.unwrap();
                drop(running);
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_acquired_is_a_failure() {
    let (shared, _) = unavailable(true, false).await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Done]), shared.worker("one"));
            let _running = process.start(work.exclusive());
            seconds(4).await;
            assert_eq!((process.runs("failed").as_deref(), work.runs().len()), (Some("3"), 0));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cut_half_a_minute_before_a_lease_that_cannot_be_extended_expires() {
    for hangs in [false, true] {
        let (shared, database) = unavailable(false, hangs).await;
        LocalSet::new()
            .run_until(async {
                let (work, process) = (Work::new(&[Step::Take(1000)]), shared.worker("one"));
                let _running = process.start(work.exclusive());
                seconds(30).await;
                // The lease was extended at 20.5 s, so it expires at 110.5 s.
                database.is_away.store(true, Ordering::Relaxed);
                seconds(50).await;
                assert_eq!(process.runs("lease_lost"), None, "{hangs}");
                seconds(1).await;
                assert_eq!(process.runs("lease_lost").as_deref(), Some("1"), "{hangs}");
                assert_eq!(work.runs(), [500]);
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_failure_of_the_database_does_not_cut_a_run() {
    let (shared, database) = unavailable(false, false).await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(200)]), shared.worker("one"));
            let _running = process.start(work.exclusive());
            for _ in 0..5 {
                database.is_away.store(false, Ordering::Relaxed);
                seconds(21).await;
                database.is_away.store(true, Ordering::Relaxed);
                seconds(19).await;
            }
            database.is_away.store(false, Ordering::Relaxed);
            seconds(60).await;
            assert_eq!((process.runs("succeeded").as_deref(), work.runs()), (Some("1"), vec![500]));
        })
        .await;
}
