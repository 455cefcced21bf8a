use tokio::task::LocalSet;

use super::{Shared, Step, Work, seconds};

#[tokio::test(start_paused = true)]
async fn a_stop_lets_the_run_in_progress_end_and_starts_no_other() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for task in [Work::exclusive, Work::queue_consumer] {
                let (work, process) = (Work::new(&[Step::Take(8)]), shared.worker("one"));
                let task = task(&work);
                let running = process.worker.start([task.clone()], seconds(2));
                seconds(3).await;
                task.waker().wake();
                running.finish().await;
                assert_eq!((work.start.elapsed().as_millis(), work.runs()), (8_500, vec![500]));
                seconds(7200).await;
                assert_eq!((work.runs().len(), process.runs("succeeded").as_deref()), (1, Some("1")));
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_outlasts_the_drain_time_is_cut() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            let (work, process) = (Work::new(&[Step::Take(1000)]), shared.worker("one"));
            let running = process.worker.start([work.exclusive()], seconds(2));
            seconds(5).await;
            running.finish().await;
            assert_eq!((work.start.elapsed().as_millis(), process.runs("cut").as_deref()), (12_000, Some("1")));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_per_process_runs_once_more_at_the_stop_for_five_seconds_at_most() {
    let shared = Shared::new().await;
    LocalSet::new()
        .run_until(async {
            for (last, ended) in [(Step::Done, 10_000), (Step::Panic, 10_000), (Step::Take(100), 15_000)] {
                let (work, process) = (Work::new(&[Step::Done, last]), shared.worker("one"));
                let running = process.start(work.per_process());
                seconds(10).await;
                running.finish().await;
                assert_eq!((work.runs(), work.start.elapsed().as_millis()), (vec![500, 10_000], ended));
            }
        })
        .await;
}
