use std::sync::atomic::{AtomicI64, Ordering};

/// Limits a log line that clients can cause at will to one per minute.
#[derive(Debug)]
pub struct LogThrottle(AtomicI64);

impl Default for LogThrottle {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl LogThrottle {
    const SECONDS_BETWEEN: u64 = 60;

    /// Whether the line is due at `now`, in seconds of any one clock. Of several concurrent calls, one returns true.
    pub fn is_due(&self, now: i64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        now.abs_diff(last) >= Self::SECONDS_BETWEEN
            && self.0.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_a_minute() {
        let throttle = LogThrottle::default();
        let due = [1_000, 1_000, 1_059, 1_060, 1_061, 1_120, 820, 821, 8_000].map(|seconds| throttle.is_due(seconds));
        // The last three follow a clock that is set back by five minutes and then forward by two hours.
        assert_eq!(due, [true, false, false, true, false, true, true, false, true]);
    }

    #[test]
    fn the_first_line_is_due_at_any_time() {
        for now in [i64::MIN + 60, 0, i64::MAX] {
            assert!(LogThrottle::default().is_due(now), "{now}");
        }
    }
}
