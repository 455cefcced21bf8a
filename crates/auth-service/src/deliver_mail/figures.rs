use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use steward_domain::{DeliveryOutcome, OutboxStatistics, Timestamp};

/// Figures of the delivery of mails, for metrics.
#[derive(Debug, Default)]
pub struct DeliveryFigures {
    sent: AtomicU64,
    failed: AtomicU64,
    queued: AtomicU64,
    /// When the oldest queued mail was created, in microseconds since the epoch; 0 without a queued mail.
    oldest: AtomicI64,
}

impl DeliveryFigures {
    /// Returns the number of mails that this process has sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns the number of mails that this process has given up.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Returns the number of queued mails after the last run, counted up to 10,000.
    pub fn queued(&self) -> u64 {
        self.queued.load(Ordering::Relaxed)
    }

    /// Returns the age of the mail that was the oldest queued one after the last run, in seconds; 0 without one.
    pub fn oldest_age(&self, now: Timestamp) -> u64 {
        match self.oldest.load(Ordering::Relaxed) {
            0 => 0,
            oldest => u64::try_from((now.timestamp_micros() - oldest) / 1_000_000).unwrap_or_default(),
        }
    }

    pub(super) fn count(&self, outcome: &DeliveryOutcome) {
        match outcome {
            DeliveryOutcome::Sent => self.sent.fetch_add(1, Ordering::Relaxed),
            DeliveryOutcome::Failed { .. } => self.failed.fetch_add(1, Ordering::Relaxed),
            DeliveryOutcome::Retry { .. } | DeliveryOutcome::Deferred { .. } | DeliveryOutcome::Cancelled => 0,
        };
    }

    pub(super) fn set_queue(&self, queue: OutboxStatistics) {
        self.queued.store(queue.queued, Ordering::Relaxed);
        self.oldest.store(queue.oldest.map_or(0, |at| at.timestamp_micros()), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn outcomes_and_the_queue_are_reported() {
        let figures = DeliveryFigures::default();
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        assert_eq!((figures.sent(), figures.failed(), figures.queued(), figures.oldest_age(now)), (0, 0, 0, 0));
        for outcome in [
            DeliveryOutcome::Sent,
            DeliveryOutcome::Sent,
            DeliveryOutcome::Cancelled,
            DeliveryOutcome::Failed { error: String::new() },
        ] {
            figures.count(&outcome);
        }
        figures.set_queue(OutboxStatistics { queued: 3, oldest: Some(now - TimeDelta::seconds(90)) });
        assert_eq!((figures.sent(), figures.failed(), figures.queued(), figures.oldest_age(now)), (2, 1, 3, 90));
        figures.set_queue(OutboxStatistics::default());
        assert_eq!((figures.queued(), figures.oldest_age(now)), (0, 0));
    }
}
