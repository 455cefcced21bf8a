use std::sync::atomic::{AtomicBool, Ordering};

use steward_domain::ports::StoreError;

/// Whether the limiter failed when it was last asked; so that the log hears of it once, and not from every request.
#[derive(Default)]
pub(super) struct Failing(AtomicBool);

impl Failing {
    /// Tells the log when the limiter begins to fail, and when it works again.
    pub(super) fn note(&self, error: Option<&StoreError>) {
        if !self.is_news(error.is_some()) {
            return;
        }
        if let Some(error) = error {
            tracing::error!(%error, "requests are not limited: the limiter fails");
        } else {
            tracing::info!("requests are limited again");
        }
    }

    /// Whether it is otherwise than last time. Of many who find that out at once, one is told so.
    fn is_news(&self, fails: bool) -> bool {
        // Read before it is written: all workers share it, and it hardly ever changes.
        self.0.load(Ordering::Relaxed) != fails && self.0.swap(fails, Ordering::Relaxed) != fails
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_news_once() {
        let failing = Failing::default();
        let seen = [false, true, true, true, false, false, true].map(|fails| failing.is_news(fails));
        assert_eq!(seen, [false, true, false, false, true, false, true]);
    }
}
