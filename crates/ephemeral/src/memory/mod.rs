mod limits;
mod replay;

use std::sync::{Arc, OnceLock};

use steward_domain::ports::Clock;

use self::limits::Limits;
use self::replay::Nonces;

/// Bounded state in the memory of this process.
pub struct Memory {
    nonces: Nonces,
    /// Created on first use, because not every process limits requests.
    limits: OnceLock<Limits>,
    clock: Arc<dyn Clock>,
}

impl Memory {
    /// Maximum number of unexpired nonces. This allows 17,000 nonces per second with a lifetime of one minute.
    pub const MAX_NONCES: usize = 1 << 20;

    /// Number of keys that the rate limiter stores, in 4 MiB. A full table drops the keys with the fewest charges.
    pub const MAX_KEYS: usize = 1 << 18;

    /// Creates an empty memory with this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { nonces: Nonces::new(Self::MAX_NONCES), limits: OnceLock::new(), clock }
    }

    fn limits(&self) -> &Limits {
        self.limits.get_or_init(|| Limits::new(Self::MAX_KEYS))
    }

    /// Returns the monotonic time in microseconds. Unlike the time of day, it cannot be set.
    fn passed(&self) -> i64 {
        i64::try_from(self.clock.monotonic().as_micros()).unwrap_or(i64::MAX)
    }
}
