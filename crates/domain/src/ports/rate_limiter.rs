use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::rate_limit::{Quota, gcra};

/// Counts how often something happens, and says when it is too often. By GCRA ([`crate::rate_limit::gcra`]).
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Charges one to each pair of rule and key, if there is room in all of them. Answers one verdict per charge, in
    /// the same order. The call is allowed if [`Verdict::allowed`] holds for each of them.
    ///
    /// - MUST allow a pair no more than its quota, however many calls are made at once.
    /// - MUST charge none if one is refused: a call that was turned away costs nobody anything, so whoever waits for
    ///   `retry_after` is let in, and an exhausted rule drains no other.
    /// - MUST keep pairs apart that differ in rule or key.
    /// - MUST charge a pair once that is named twice.
    /// - MUST answer with an empty list, and ask nobody, where there is nothing to charge.
    async fn check(&self, charges: &[Charge<'_>]) -> Result<Vec<Verdict>, StoreError>;
}

/// One that is to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge<'a> {
    /// The rule's name, such as `login`. Letters, digits, `_` and `-`.
    pub rule: &'a str,
    /// Who is counted, such as an address. Kept as it is: short, and nothing secret.
    pub key: &'a str,
    /// How often it may be.
    pub quota: Quota,
}

/// What a limiter says of one charge. All times are from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether there was room in this pair. It was charged if there was room in all the others as well.
    pub allowed: bool,
    /// How many more there is room for, after this one if it was charged.
    pub remaining: u32,
    /// How long until one more is allowed: zero if it is already.
    pub retry_after: Duration,
    /// How long until the whole burst is allowed again.
    pub reset_after: Duration,
}

impl Verdict {
    /// The verdicts on charges of which all are made or none, at `now`, where the pairs drain at the instants `kept`
    /// (in the order of the charges, in microseconds): they are made if all are allowed.
    pub fn on_all(charges: &[Charge<'_>], now: i64, kept: &[i64]) -> Vec<Self> {
        let pairs = || charges.iter().map(|charge| charge.quota).zip(kept.iter().copied());
        let granted = pairs().all(|(quota, kept)| gcra::has_room(quota, now, kept));
        let verdict = |(quota, kept)| {
            let drained_at = if granted { gcra::charged(quota, now, kept) } else { kept };
            Self {
                allowed: gcra::has_room(quota, now, kept),
                remaining: gcra::remaining(quota, now, drained_at),
                retry_after: gcra::retry_after(quota, now, drained_at),
                reset_after: gcra::reset_after(quota, now, drained_at),
            }
        };
        pairs().map(verdict).collect()
    }
}
