//! The generic cell rate algorithm (ITU-T I.371, "virtual scheduling"): one instant is all that is kept of a key,
//! the one at which everything it was charged will have drained away. Each charge moves it on by one interval; where
//! that would be more than a burst ahead of now, the charge is refused.
//!
//! Instants are microseconds by the clock of the adapter.

use std::time::Duration;

use super::Quota;

/// Whether there is room for a charge at `now`, for a key that drains at `drained_at`. A key of which nothing is kept
/// has drained: any instant up to `now` says so.
pub fn has_room(quota: Quota, now: i64, drained_at: i64) -> bool {
    filled(quota, now, drained_at) + quota.interval_micros() <= quota.capacity_micros()
}

/// When the key drains once a charge has been made at `now`: what is to be kept.
pub fn charged(quota: Quota, now: i64, drained_at: i64) -> i64 {
    now.saturating_add_unsigned(filled(quota, now, drained_at) + quota.interval_micros())
}

/// How many charges there is room for.
pub fn remaining(quota: Quota, now: i64, drained_at: i64) -> u32 {
    let room = quota.capacity_micros() - filled(quota, now, drained_at);
    u32::try_from(room / quota.interval_micros()).unwrap_or(u32::MAX)
}

/// How long until there is room for one charge: zero if there is.
pub fn retry_after(quota: Quota, now: i64, drained_at: i64) -> Duration {
    let wanted = filled(quota, now, drained_at) + quota.interval_micros();
    Duration::from_micros(wanted.saturating_sub(quota.capacity_micros()))
}

/// How long until the key has drained, and there is room for a whole burst.
pub fn reset_after(quota: Quota, now: i64, drained_at: i64) -> Duration {
    Duration::from_micros(filled(quota, now, drained_at))
}

/// What of the key is yet to drain, in microseconds.
///
/// Never more than a burst, even if more is kept, which happens where the quota was made smaller.
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

    /// Gaps between calls, as fractions of the quota's interval: mostly too quick, now and then a pause.
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

    /// The instants that are allowed, of calls at these.
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
        fn it_allows_what_a_bucket_of_tokens_would(quota in quotas(), gaps in gaps()) {
            // A bucket of `burst` tokens, one of which trickles in per interval. A token is `interval` parts.
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
        fn no_stretch_of_time_sees_more_than_a_burst_and_what_trickles_in(quota in quotas(), gaps in gaps()) {
            let allowed = allowed(quota, &instants(quota, &gaps));
            for (first, from) in allowed.iter().enumerate() {
                for (last, to) in allowed.iter().enumerate().skip(first) {
                    let most = u64::from(quota.burst()) + from.abs_diff(*to) / quota.interval_micros();
                    prop_assert!((last - first + 1) as u64 <= most);
                }
            }
        }

        #[test]
        fn who_waits_as_told_is_let_in_and_not_a_moment_earlier(quota in quotas(), ahead in 0_i64..100_000_000_000) {
            let kept = NOW + ahead;
            let wait = i64::try_from(retry_after(quota, NOW, kept).as_micros()).unwrap();
            // Nobody waits for more than a full key to make room for one.
            prop_assert!(wait.unsigned_abs() <= quota.interval_micros());
            prop_assert_eq!(wait == 0, has_room(quota, NOW, kept));
            // What is kept counts for no more than a full key, from when it is looked at.
            let kept = NOW + i64::try_from(reset_after(quota, NOW, kept).as_micros()).unwrap();
            prop_assert!(has_room(quota, NOW + wait, kept));
            prop_assert!(wait == 0 || !has_room(quota, NOW + wait - 1, kept));
        }

        #[test]
        fn as_many_are_allowed_as_are_said_to_remain(quota in quotas(), ahead in 0_i64..100_000_000_000) {
            let mut kept = NOW + ahead;
            let said = remaining(quota, NOW, kept);
            for left in (0..said).rev() {
                prop_assert!(has_room(quota, NOW, kept));
                kept = charged(quota, NOW, kept);
                prop_assert_eq!(remaining(quota, NOW, kept), left);
            }
            prop_assert!(!has_room(quota, NOW, kept));
        }

        #[test]
        fn a_drained_key_has_room_for_a_whole_burst(quota in quotas(), ahead in 0_i64..100_000_000_000) {
            let kept = NOW + ahead;
            let then = NOW + i64::try_from(reset_after(quota, NOW, kept).as_micros()).unwrap();
            prop_assert_eq!(remaining(quota, then, then), quota.burst());
            prop_assert!(reset_after(quota, NOW, kept) <= quota.full_after());
        }

        #[test]
        fn no_instant_is_too_far_away(quota in quotas(), now in any::<i64>(), kept in any::<i64>()) {
            has_room(quota, now, kept);
            charged(quota, now, kept);
            prop_assert!(remaining(quota, now, kept) <= quota.burst());
            prop_assert!(retry_after(quota, now, kept) <= quota.interval());
            prop_assert!(reset_after(quota, now, kept) <= quota.full_after());
        }
    }
}
