//! The generic cell rate algorithm (ITU-T I.371, "virtual scheduling"). The state of a key is a single instant: the one
//! at which all its charges have drained. Each charge moves that instant forward by one interval. A charge is refused
//! if the instant would then be more than a burst ahead of now.
//!
//! Instants are in microseconds, by the clock of the adapter.

use std::time::Duration;

use super::Quota;

/// Returns whether a charge fits at `now`, for a key that drains at `drained_at`. For a key without stored state, pass
/// any instant up to `now`.
pub fn has_room(quota: Quota, now: i64, drained_at: i64) -> bool {
    filled(quota, now, drained_at) + quota.interval_micros() <= quota.capacity_micros()
}

/// Returns the instant at which the key drains after a charge at `now`. The adapter stores this instant.
pub fn charged(quota: Quota, now: i64, drained_at: i64) -> i64 {
    now.saturating_add_unsigned(filled(quota, now, drained_at) + quota.interval_micros())
}

/// Returns the number of charges that fit.
pub fn remaining(quota: Quota, now: i64, drained_at: i64) -> u32 {
    let room = quota.capacity_micros() - filled(quota, now, drained_at);
    u32::try_from(room / quota.interval_micros()).unwrap_or(u32::MAX)
}

/// Returns the time until a charge fits; zero if it fits now.
pub fn retry_after(quota: Quota, now: i64, drained_at: i64) -> Duration {
    let wanted = filled(quota, now, drained_at) + quota.interval_micros();
    Duration::from_micros(wanted.saturating_sub(quota.capacity_micros()))
}

/// Returns the time until the key has drained, so that a whole burst fits.
pub fn reset_after(quota: Quota, now: i64, drained_at: i64) -> Duration {
    Duration::from_micros(filled(quota, now, drained_at))
}

/// Returns the part of the key that has not drained yet, in microseconds.
///
/// The result is at most one burst. A larger stored value occurs after the quota was reduced.
fn filled(quota: Quota, now: i64, drained_at: i64) -> u64 {
    let ahead = u64::try_from(drained_at.saturating_sub(now)).unwrap_or(0);
    ahead.min(quota.capacity_micros())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rate_limit::RatePeriod;

    const NOW: i64 = 1_700_000_000_000_000;

    fn quotas() -> impl Strategy<Value = Quota> {
        (1_u32..=5_000, 0..RatePeriod::ALL.len(), 1_u32..=5_000).prop_map(|(limit, period, burst)| {
            let quota = Quota::new(limit, RatePeriod::ALL[period]).unwrap();
            quota.with_burst(burst.min(limit)).unwrap()
        })
    }

    /// Gaps between calls, as fractions of the quota's interval: mostly too short, with an occasional pause.
    fn gaps() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![8 => 0.0..1.2_f64, 1 => 0.0..20.0_f64], 1..200)
    }

    fn instants(quota: Quota, gaps: &[f64]) -> Vec<i64> {
        let mut now = NOW;
        let mut instants = Vec::new();
        for gap in gaps {
            #[expect(clippy::cast_possible_truncation, reason = "a gap is at most twenty days")]
            let gap = quota.interval().mul_f64(*gap).as_micros() as i64;
            now += gap;
            instants.push(now);
        }
        instants
    }

    /// Returns the instants at which calls are allowed.
    fn allowed(quota: Quota, instants: &[i64]) -> Vec<i64> {
        let mut drained_at = 0;
        let room = |now: &i64| {
            let room = has_room(quota, *now, drained_at);
            if room {
                drained_at = charged(quota, *now, drained_at);
            }
            room
        };
        instants.iter().copied().filter(room).collect()
    }

    proptest! {
        #[test]
        fn allows_the_same_calls_as_a_token_bucket(quota in quotas(), gaps in gaps()) {
            // A bucket of `burst` tokens that gains one token per interval. One token equals `interval` microseconds.
            let (token, full) = (quota.interval_micros(), quota.capacity_micros());
            let (mut tokens, mut last, mut expected) = (full, NOW, Vec::new());
            let instants = instants(quota, &gaps);
            for now in &instants {
                tokens = full.min(tokens + now.abs_diff(last));
                last = *now;
                if tokens >= token {
                    tokens -= token;
                    expected.push(*now);
                }
            }
            prop_assert_eq!(allowed(quota, &instants), expected);
        }

        #[test]
        fn no_period_allows_more_than_a_burst_and_the_refill(quota in quotas(), gaps in gaps()) {
            let allowed = allowed(quota, &instants(quota, &gaps));
            for (first, from) in allowed.iter().enumerate() {
                for (last, to) in allowed.iter().enumerate().skip(first) {
                    let most = u64::from(quota.burst()) + from.abs_diff(*to) / quota.interval_micros();
                    prop_assert!((last - first + 1) as u64 <= most);
                }
            }
        }

        #[test]
        fn a_call_is_allowed_exactly_after_retry_after(quota in quotas(), ahead in 0_i64..100_000_000_000) {
            let stored = NOW + ahead;
            let wait = i64::try_from(retry_after(quota, NOW, stored).as_micros()).unwrap();
            // The wait is one interval at most, because a key counts as full at most.
            prop_assert!(wait.unsigned_abs() <= quota.interval_micros());
            prop_assert_eq!(wait == 0, has_room(quota, NOW, stored));
            // A stored instant counts as a full key at most, from the time of the check.
            let stored = NOW + i64::try_from(reset_after(quota, NOW, stored).as_micros()).unwrap();
            prop_assert!(has_room(quota, NOW + wait, stored));
            prop_assert!(wait == 0 || !has_room(quota, NOW + wait - 1, stored));
        }

        #[test]
        fn exactly_the_remaining_number_of_charges_fits(quota in quotas(), ahead in 0_i64..100_000_000_000) {
            let mut stored = NOW + ahead;
            let said = remaining(quota, NOW, stored);
            for left in (0..said).rev() {
                prop_assert!(has_room(quota, NOW, stored));
                stored = charged(quota, NOW, stored);
                prop_assert_eq!(remaining(quota, NOW, stored), left);
            }
            prop_assert!(!has_room(quota, NOW, stored));
        }

        #[test]
        fn a_drained_key_has_room_for_a_whole_burst(quota in quotas(), ahead in 0_i64..100_000_000_000) {
            let stored = NOW + ahead;
            let then = NOW + i64::try_from(reset_after(quota, NOW, stored).as_micros()).unwrap();
            prop_assert_eq!(remaining(quota, then, then), quota.burst());
            prop_assert!(reset_after(quota, NOW, stored) <= quota.full_after());
        }

        #[test]
        fn extreme_instants_do_not_overflow(quota in quotas(), now in any::<i64>(), stored in any::<i64>()) {
            has_room(quota, now, stored);
            charged(quota, now, stored);
            prop_assert!(remaining(quota, now, stored) <= quota.burst());
            prop_assert!(retry_after(quota, now, stored) <= quota.interval());
            prop_assert!(reset_after(quota, now, stored) <= quota.full_after());
        }
    }
}
