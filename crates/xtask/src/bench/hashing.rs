use std::thread;
use std::time::{Duration, Instant};

/// The number of passwords that the bcrypt crate verifies per second on all cores, at the server's cost.
pub(super) fn verifications_per_second(seconds: u32) -> f64 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let time = Duration::from_secs(u64::from(seconds));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(|| one_core(time))).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).sum()
    })
}

fn one_core(time: Duration) -> f64 {
    const COST: u32 = 12;
    let Ok(hash) = bcrypt::hash("admin123", COST) else { return 0.0 };
    let start = Instant::now();
    let mut checked = 0.0;
    while start.elapsed() < time {
        checked += f64::from(u8::from(bcrypt::verify("admin123", &hash).unwrap_or(false)));
    }
    checked / start.elapsed().as_secs_f64()
}
