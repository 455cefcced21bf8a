use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::rate_limit::{Quota, gcra};

/// Limits how often something may happen, with GCRA ([`crate::rate_limit::gcra`]).
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Charges one unit to each pair of rule and key, if all of them have room. Returns one verdict per charge, in the
    /// same order. The call is allowed if [`Verdict::allowed`] is true for all of them.
    ///
    /// - MUST NOT allow more than the quota of a pair, however many calls are concurrent.
    /// - MUST charge no pair if one pair is refused. A refused call then costs nothing: a caller that waits for
    ///   `retry_after` is allowed, and an exhausted rule does not use up the others.
    /// - MUST count pairs separately if they differ in rule or key.
    /// - MUST charge a pair only once if the call contains it twice.
    /// - MUST return an empty list without a request to the store if there are no charges.
    async fn check(&self, charges: &[Charge<'_>]) -> Result<Vec<Verdict>, StoreError>;
}

/// One unit to charge to a pair of rule and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge<'a> {
    /// The rule's name, such as `login`. Letters, digits, `_` and `-`.
    pub rule: &'a str,
    /// The key, such as a client address. Stored unchanged, so it must be short and must not be secret.
    pub key: &'a str,
    /// The quota of the pair.
    pub quota: Quota,
}

/// The result for one charge. All durations start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether this pair had room. The pair was charged if all other pairs had room as well.
    pub allowed: bool,
    /// The number of further units that fit, after this one if it was charged.
    pub remaining: u32,
    /// The time until the next unit fits; zero if it fits now.
    pub retry_after: Duration,
    /// The time until the whole burst is available again.
    pub reset_after: Duration,
}

impl Verdict {
    /// Returns the verdicts on `charges` at `now`, where all are charged or none. `stored` holds the instants at which
    /// the pairs drain, in microseconds, in the order of `charges`.
    pub fn on_all(charges: &[Charge<'_>], now: i64, stored: &[i64]) -> Vec<Self> {
        let pairs = || charges.iter().map(|charge| charge.quota).zip(stored.iter().copied());
        let granted = pairs().all(|(quota, stored)| gcra::has_room(quota, now, stored));
        let verdict = |(quota, stored)| {
            let drained_at = if granted { gcra::charged(quota, now, stored) } else { stored };
            Self {
                allowed: gcra::has_room(quota, now, stored),
                remaining: gcra::remaining(quota, now, drained_at),
                retry_after: gcra::retry_after(quota, now, drained_at),
                reset_after: gcra::reset_after(quota, now, drained_at),
            }
        };
        pairs().map(verdict).collect()
    }
}
