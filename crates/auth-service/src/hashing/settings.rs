use std::thread;

use super::Cost;
use crate::thread_pool::PoolSettings;

/// Settings of the hashing threads.
#[derive(Debug, Clone)]
pub struct HashingSettings {
    /// The cost of new hashes.
    pub cost: Cost,
    /// Number of threads.
    pub threads: usize,
    /// Capacity of the queue, in hashes of `cost`. A full queue returns [`Overloaded`].
    pub queue: usize,
}

impl HashingSettings {
    /// Maximum waiting time in the queue, in seconds. Users give up after about this time, so a longer queue would only
    /// waste work.
    const LONGEST_WAIT: f64 = 10.0;
    /// Seconds per round on a slow core (cost 12 in 0.26 s). A faster core shortens the waiting time.
    const SECONDS_PER_ROUND: f64 = 0.26 / 4096.0;

    /// Returns settings with one thread per core, and a queue of ten seconds of work.
    pub fn for_this_machine(cost: Cost) -> Self {
        Self::for_threads(cost, thread::available_parallelism().map_or(1, usize::from))
    }

    /// Returns settings with this number of threads, and a queue of ten seconds of work.
    pub fn for_threads(cost: Cost, threads: usize) -> Self {
        let rounds = f64::from(1_u32 << cost.get());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let per_thread = (Self::LONGEST_WAIT / (Self::SECONDS_PER_ROUND * rounds)) as usize;
        Self { cost, threads, queue: (per_thread * threads).clamp(16, 4096) }
    }

    pub(super) fn pool(&self) -> PoolSettings {
        PoolSettings { name: "hashing", jobs: "passwords to hash", threads: self.threads, capacity: self.queue }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_holds_ten_seconds_of_work() {
        let queue = |cost, threads| HashingSettings::for_threads(Cost::new(cost).unwrap(), threads).queue;
        assert_eq!(queue(12, 2), 76);
        assert_eq!(queue(4, 2), 4096);
        assert_eq!(queue(15, 1), 16);
    }
}
