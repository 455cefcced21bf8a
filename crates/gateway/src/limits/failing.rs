use std::sync::atomic::{AtomicBool, Ordering};

use steward_domain::ports::StoreError;

/// Whether the limiter failed at its last call. The log then contains each change once, and not every failed request.
#[derive(Default)]
pub(super) struct Failing(AtomicBool);

impl Failing {
    /// Logs when the limiter starts to fail, and when it recovers.
    pub(super) fn record(&self, error: Option<&StoreError>) {
        if !self.is_change(error.is_some()) {
            return;
        }
        if let Some(error) = error {
            tracing::error!(%error, "rate limits are off: the limiter fails");
        } else {
            tracing::info!("rate limits are on again");
        }
    }

    /// Whether the state differs from the last call. Of several concurrent calls that find a change, one returns true.
    fn is_change(&self, fails: bool) -> bool {
        // Reads before it writes, because all workers share the flag and it rarely changes.
        self.0.load(Ordering::Relaxed) != fails && self.0.swap(fails, Ordering::Relaxed) != fails
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_reported_once() {
        let failing = Failing::default();
        let changes = [false, true, true, true, false, false, true].map(|fails| failing.is_change(fails));
        assert_eq!(changes, [false, true, false, false, true, false, true]);
    }
}
