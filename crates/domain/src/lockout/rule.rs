use chrono::TimeDelta;

use crate::Timestamp;

/// After how many failures to lock, and for how long: twice as long with each further one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRule {
    /// The failure that locks; at least 1.
    pub limit: u32,
    /// How long failures count after the last of them, or after the lock that they brought.
    pub window: TimeDelta,
    /// How long the first lock is.
    pub first: TimeDelta,
    /// How long a lock is at the most.
    pub longest: TimeDelta,
}

/// The failures of one guesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many; those that are being compared count too.
    pub count: u32,
    /// When the last one was.
    pub last: Timestamp,
    /// Until when further attempts are refused.
    pub locked_until: Option<Timestamp>,
}

/// What is to be done with an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password may be compared. What is to be kept: the attempt counts as a failure until it is taken back.
    Admitted(Failures),
    /// The password is not to be compared before this instant. Nothing changes.
    Refused(Timestamp),
}

impl LockoutRule {
    /// One source at one account: after 5 failures locked out for a minute, then two, up to 15.
    pub const SOURCE: Self = Self {
        limit: 5,
        window: TimeDelta::minutes(15),
        first: TimeDelta::minutes(1),
        longest: TimeDelta::minutes(15),
    };

    /// All unknown sources at one account: after 20 failures one attempt per second, then per two, up to 30.
    pub const ACCOUNT: Self =
        Self { limit: 20, window: TimeDelta::hours(1), first: TimeDelta::seconds(1), longest: TimeDelta::seconds(30) };

    /// Decides about an attempt at `now`.
    pub fn attempt(&self, kept: Option<Failures>, now: Timestamp) -> Verdict {
        let kept = kept.filter(|kept| self.still_counts(kept, now));
        if let Some(until) = kept.and_then(|kept| kept.locked_until).filter(|until| now < *until) {
            return Verdict::Refused(until);
        }
        let count = kept.map_or(0, |kept| kept.count).saturating_add(1);
        Verdict::Admitted(Failures { count, last: now, locked_until: self.lock(count).map(|length| now + length) })
    }

    /// What is left of `kept` when the attempt that was admitted at `admitted` was no failure; `None` if nothing is.
    pub fn take_back(&self, kept: Failures, admitted: Timestamp) -> Option<Failures> {
        let count = kept.count.checked_sub(1).filter(|count| *count > 0)?;
        // Nobody is admitted during a lock, so the one there is came with the last that was.
        let locked_until = kept.locked_until.filter(|_| count >= self.limit && kept.last != admitted);
        Some(Failures { count, locked_until, ..kept })
    }

    /// How long anything is remembered.
    pub fn memory(&self) -> TimeDelta {
        self.window + self.longest
    }

    /// Whether failures are recent. Those from a future that no clock of ours can have meant (it was set back) are not.
    fn still_counts(&self, kept: &Failures, now: Timestamp) -> bool {
        let over = kept.locked_until.unwrap_or(kept.last).max(kept.last);
        let age = now - over;
        -self.memory() <= age && age <= self.window
    }

    /// How long the failure of this number locks.
    fn lock(&self, count: u32) -> Option<TimeDelta> {
        let doublings = count.checked_sub(self.limit)?;
        let longer = 1_i32.checked_shl(doublings).filter(|factor| *factor > 0);
        let length = longer.and_then(|factor| self.first.checked_mul(factor)).unwrap_or(self.longest);
        Some(length.min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    const RULE: LockoutRule = LockoutRule::SOURCE;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(1_767_323_045 + seconds, 0).unwrap()
    }

    fn admitted(verdict: Verdict) -> Failures {
        match verdict {
            Verdict::Admitted(failures) => failures,
            Verdict::Refused(until) => panic!("refused until {until}"),
        }
    }

    #[test]
    fn the_fifth_locks_and_each_further_one_twice_as_long() {
        let mut kept = None;
        // (when, until when it locks)
        for (nth, (second, lock)) in (1..).zip([
            (0, None),
            (1, None),
            (1, None),
            (2, None),
            (3, Some(63)),
            (63, Some(183)),
            (183, Some(423)),
            (500, Some(980)),
            (980, Some(1880)),
            (1880, Some(2780)),
        ]) {
            let failures = admitted(RULE.attempt(kept, at(second)));
            assert_eq!(failures, Failures { count: nth, last: at(second), locked_until: lock.map(at) });
            if let Some(until) = lock {
                for early in [second, until - 1] {
                    assert_eq!(RULE.attempt(Some(failures), at(early)), Verdict::Refused(at(until)));
                }
            }
            kept = Some(failures);
        }
    }

    #[test]
    fn failures_count_for_a_window_after_the_last_one_or_its_lock() {
        let four = Failures { count: 4, last: at(0), locked_until: None };
        assert_eq!(admitted(RULE.attempt(Some(four), at(900))).count, 5);
        assert_eq!(admitted(RULE.attempt(Some(four), at(901))).count, 1);
        let locked = Failures { count: 9, last: at(0), locked_until: Some(at(900)) };
        assert_eq!(admitted(RULE.attempt(Some(locked), at(1800))).count, 10);
        assert_eq!(admitted(RULE.attempt(Some(locked), at(1801))).count, 1);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out_for_ever() {
        let of_tomorrow = Failures { count: 9, last: at(86_400), locked_until: Some(at(87_300)) };
        assert_eq!(admitted(RULE.attempt(Some(of_tomorrow), at(0))).count, 1);
        // The clock of another process is a second ahead.
        let ahead = Failures { count: 9, last: at(1), locked_until: Some(at(901)) };
        assert_eq!(RULE.attempt(Some(ahead), at(0)), Verdict::Refused(at(901)));
    }

    #[test]
    fn what_is_taken_back_unlocks_what_it_locked() {
        let four = Failures { count: 4, last: at(0), locked_until: None };
        let five = admitted(RULE.attempt(Some(four), at(1)));
        assert_eq!(RULE.take_back(five, at(1)), Some(Failures { last: at(1), ..four }));
        let six = admitted(RULE.attempt(Some(five), at(61)));
        assert_eq!(RULE.take_back(six, at(61)).unwrap().locked_until, None);
        // One that came before is taken back only now: the lock of the sixth stays.
        assert_eq!(RULE.take_back(six, at(1)), Some(Failures { count: 5, ..six }));
        assert_eq!(RULE.take_back(Failures { count: 1, ..four }, at(0)), None);
        assert_eq!(RULE.take_back(Failures { count: 0, ..four }, at(0)), None);
    }

    #[test]
    fn no_number_is_too_large() {
        let kept = Failures { count: u32::MAX, last: at(0), locked_until: None };
        let failures = admitted(RULE.attempt(Some(kept), at(1)));
        assert_eq!((failures.count, failures.locked_until), (u32::MAX, Some(at(901))));
    }

    fn rules() -> impl Strategy<Value = LockoutRule> {
        (1_u32..30, 1_i64..7200, 1_i64..120, 1_i64..3600).prop_map(|(limit, window, first, longest)| LockoutRule {
            limit,
            window: TimeDelta::seconds(window),
            first: TimeDelta::seconds(first),
            longest: TimeDelta::seconds(longest),
        })
    }

    proptest! {
        #[test]
        fn no_window_sees_more_than_the_limit_without_a_lock(rule in rules(), gaps in prop::collection::vec(0_i64..600, 1..200)) {
            let (mut kept, mut now, mut in_a_row) = (None, 0, 0);
            for gap in gaps {
                now += gap;
                if let Verdict::Admitted(failures) = rule.attempt(kept, at(now)) {
                    in_a_row = if failures.count == 1 { 1 } else { in_a_row + 1 };
                    prop_assert_eq!(failures.count, in_a_row);
                    prop_assert_eq!(failures.locked_until.is_some(), failures.count >= rule.limit);
                    let length = failures.locked_until.map_or(TimeDelta::zero(), |until| until - at(now));
                    prop_assert!(length <= rule.longest);
                    kept = Some(failures);
                }
            }
        }

        #[test]
        fn who_waits_as_told_is_admitted_and_not_a_moment_earlier(rule in rules(), attempts in 1_usize..60) {
            let (mut kept, mut now) = (None, at(0));
            for _ in 0..attempts {
                match rule.attempt(kept, now) {
                    Verdict::Admitted(failures) => kept = Some(failures),
                    Verdict::Refused(until) => {
                        let early = until - TimeDelta::microseconds(1);
                        prop_assert_eq!(rule.attempt(kept, early), Verdict::Refused(until));
                        now = until;
                        prop_assert!(matches!(rule.attempt(kept, now), Verdict::Admitted(_)));
                    }
                }
            }
        }

        #[test]
        fn taking_back_makes_room_for_as_many(rule in rules(), before in 0_u32..40) {
            let kept = (before > 0).then_some(Failures { count: before, last: at(0), locked_until: None });
            if let Verdict::Admitted(failures) = rule.attempt(kept, at(1)) {
                let back = rule.take_back(failures, at(1));
                prop_assert_eq!(back.map_or(0, |back| back.count), kept.filter(|kept| rule.still_counts(kept, at(1))).map_or(0, |kept| kept.count));
                prop_assert!(back.is_none_or(|back| back.locked_until.is_none()));
            }
        }

        #[test]
        fn nothing_panics(rule in rules(), count in any::<u32>(), last in -100_000_i64..100_000, lock in prop::option::of(-100_000_i64..100_000)) {
            let kept = Failures { count, last: at(last), locked_until: lock.map(at) };
            rule.attempt(Some(kept), at(0));
            rule.take_back(kept, at(last));
        }
    }
}
