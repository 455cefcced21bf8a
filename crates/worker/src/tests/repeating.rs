use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::ports::Clock;
use steward_web::service::TaskWaker;
use tokio::task::LocalSet;
use tokio::time::sleep;

use super::{Shared, Step, Work, seconds};

#[tokio::test(start_paused = true)]
async fn a_task_runs_soon_after_the_start_and_then_at_its_interval() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for task in [Work::per_process, Work::exclusive, Work::queue_consumer] {
                let (work, process) = (Work::new(&[Step::Done]), shared.worker("one"));
                let running = process.start(task(&work));
                seconds(2 * 3600 + 1).await;
                assert_eq!(work.runs(), [500, 3_600_500, 7_200_500]);
                drop(running);
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_are_followed_by_longer_waits_and_do_not_end_the_repetition() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for task in [Work::per_process, Work::exclusive, Work::queue_consumer] {
                let work = Work::new(&[Step::Fail, Step::Panic, Step::Fail, Step::Done]);
                let process = shared.worker("one");
                let running = process.start(task(&work));
                seconds(5).await;
                let failures = || process.metric("steward_task_consecutive_failures{task=\"work\"}").unwrap();
                assert_eq!((work.runs(), failures()), (vec![500, 1_500, 3_500], "3".to_owned()));
                seconds(3605).await;
                assert_eq!((work.runs().len(), failures()), (5, "0".to_owned()));
                assert_eq!(work.runs()[3..], [7_500, 3_607_500]);
                let runs = ["failed", "panicked", "succeeded"].map(|outcome| process.runs(outcome).unwrap());
                assert_eq!(runs, ["2", "1", "2"]);
                drop(running);
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_consumer_runs_again_at_once_while_more_work_is_due() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::More, Step::More, Step::Done]), shared.worker("one"));
            let _running = process.start(work.queue_consumer());
            seconds(60).await;
            let runs = work.runs();
            assert!(runs.len() == 3 && runs.iter().all(|at| (500..510).contains(at)), "{runs:?}");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_woken_task_runs_before_its_interval_but_not_before_the_end_of_a_back_off() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let plan = [Step::Done, Step::Take(10), Step::Fail, Step::Done];
            let (work, process, waker) = (Work::new(&plan), shared.worker("one"), TaskWaker::default());
            let _running = process.start(work.queue_consumer().woken_by(&waker));
            seconds(5).await;
            waker.wake();
            seconds(1).await;
            // During a run: the next run follows it.
            waker.wake();
            waker.wake();
            sleep(Duration::from_millis(9_500)).await;
            waker.wake();
            seconds(60).await;
            assert_eq!(work.runs(), [500, 5_000, 15_000, 16_000, 16_000]);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn metrics_name_the_task() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(3)]), shared.worker("one"));
            let started = shared.clock.now();
            let _running = process.start(work.exclusive());
            assert_eq!(process.metric("steward_task_consecutive_failures{task=\"work\"}").as_deref(), Some("0"));
            assert_eq!(process.metric("steward_task_last_success_timestamp_seconds"), None);
            seconds(10).await;
            let ended = (started + TimeDelta::milliseconds(3_500)).timestamp().to_string();
            assert_eq!(process.metric("steward_task_last_success_timestamp_seconds{task=\"work\"}"), Some(ended));
            let fast = process.metric("steward_task_duration_seconds_bucket{task=\"work\",le=\"1\"}");
            let slow = process.metric("steward_task_duration_seconds_bucket{task=\"work\",le=\"10\"}");
            assert_eq!((fast.as_deref(), slow.as_deref()), (Some("0"), Some("1")));
        })
        .await;
}
