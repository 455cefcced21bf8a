mod limits;
mod replay;

use std::sync::{Arc, OnceLock};

use steward_domain::ports::Clock;

use self::limits::Limits;
use self::replay::Nonces;

/// State in this process alone, in bounded memory.
pub struct Memory {
    nonces: Nonces,
    /// Made when it is first needed: not every process limits anything.
    limits: OnceLock<Limits>,
    max_keys: usize,
    clock: Arc<dyn Clock>,
}

impl Memory {
    /// Nonces that can be alive at once: 17,000 new ones per second, if each lives for a minute.
    pub const MAX_NONCES: usize = 1 << 20;

    /// Keys that a rate limiter keeps apart, unless told otherwise: 4 MiB of them.
    pub const MAX_KEYS: usize = 1 << 18;

    /// An empty memory that goes by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { nonces: Nonces::new(Self::MAX_NONCES), limits: OnceLock::new(), max_keys: Self::MAX_KEYS, clock }
    }

    /// The same, empty, with room for some `max_keys` keys of a rate limiter, at 16 bytes each. Beyond that it forgets
    /// the keys that were charged least.
    #[must_use]
    pub fn with_max_keys(self, max_keys: usize) -> Self {
        Self { max_keys, limits: OnceLock::new(), ..self }
    }

    fn limits(&self) -> &Limits {
        self.limits.get_or_init(|| Limits::new(self.max_keys))
    }

    /// The time that has passed, in microseconds: what is kept here alone does not go by the time of day, which may be set.
    fn passed(&self) -> i64 {
        i64::try_from(self.clock.monotonic().as_micros()).unwrap_or(i64::MAX)
    }
}
