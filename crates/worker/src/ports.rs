use std::sync::Arc;

use steward_domain::ports::{Clock, TaskLeases};

/// Returns a random number, at least 0 and less than 1, for the jitter of schedules.
pub type Random = Arc<dyn Fn() -> f64 + Send + Sync>;

/// The interfaces that the worker uses.
#[derive(Clone)]
pub struct WorkerPorts {
    /// The leases of exclusive tasks.
    pub leases: Arc<dyn TaskLeases>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The id of this process as a holder of leases, at most 60 characters. No two processes have the same id.
    pub holder: String,
    /// Random numbers.
    pub random: Random,
}
