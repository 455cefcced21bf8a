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
    /// How many attempts were found wrong.
    pub count: u32,
    /// How many attempts were admitted and are not decided yet.
    pub undecided: u32,
    /// When the last attempt was admitted.
    pub last: Timestamp,
    /// Until when further attempts are refused.
    pub locked_until: Option<Timestamp>,
}

/// The decision on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password may be compared. Holds what storage keeps: the attempt is undecided.
    Admitted(Failures),
    /// The password must not be compared before this instant.
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

    /// How long an attempt can stay undecided. It lapses then: its process died, or storage did not answer. Longer than
    /// the longest wait for a comparison.
    pub const UNDECIDED_FOR: TimeDelta = TimeDelta::minutes(1);

    /// How far the clocks of two processes may be apart. An instant that lies further ahead was written before a clock
    /// was set back.
    pub const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(5);

    /// Decides on an attempt at `now`.
    pub fn attempt(&self, kept: Option<Failures>, now: Timestamp) -> Verdict {
        let kept = kept.and_then(|kept| self.current(kept, now));
        if let Some(until) = kept.and_then(|kept| self.refused_until(&kept)).filter(|until| now < *until) {
            return Verdict::Refused(until);
        }
        let (count, undecided) = kept.map_or((0, 0), |kept| (kept.count, kept.undecided));
        Verdict::Admitted(Failures { count, undecided: undecided.saturating_add(1), last: now, locked_until: None })
    }

    /// What is left when the attempt that was admitted at `admitted` was found wrong.
    pub fn fail(&self, kept: Option<Failures>, admitted: Timestamp) -> Failures {
        let kept = kept.map_or(Failures { count: 0, undecided: 0, last: admitted, locked_until: None }, |kept| {
            kept.decided(admitted)
        });
        let (count, last) = (kept.count.saturating_add(1), kept.last.max(admitted));
        let locked_until = self.lock(count).map(|length| last + length).max(kept.locked_until);
        Failures { count, last, locked_until, ..kept }
    }

    /// What is left when the attempt that was admitted at `admitted` was not decided; `None` if nothing is.
    pub fn take_back(&self, kept: Failures, admitted: Timestamp) -> Option<Failures> {
        kept.decided(admitted).if_any()
    }

    /// What is left when the attempt that was admitted at `admitted` was right; `None` if nothing is.
    pub fn succeed(&self, kept: Failures, admitted: Timestamp) -> Option<Failures> {
        Failures { count: 0, locked_until: None, ..kept.decided(admitted) }.if_any()
    }

    /// What of `kept` counts at `now`; `None` if nothing does.
    ///
    /// A lock that was written before the clock was set back begins anew, and so ends after its own length. Storage must
    /// keep it as it is returned here: each later call would begin it anew otherwise.
    pub fn current(&self, kept: Failures, now: Timestamp) -> Option<Failures> {
        let over = kept.locked_until.unwrap_or(kept.last).max(kept.last);
        if over - now > self.memory() {
            return None;
        }
        if kept.last - now > Self::CLOCK_SKEW {
            let length = (over - kept.last).min(self.longest);
            let locked_until = kept.locked_until.map(|_| now + length);
            return Failures { undecided: 0, last: now, locked_until, ..kept }.if_any();
        }
        let count = if now - over <= self.window { kept.count } else { 0 };
        let undecided = if now - kept.last < Self::UNDECIDED_FOR { kept.undecided } else { 0 };
        Failures { count, undecided, ..kept }.if_any()
    }

    /// How long anything is remembered.
    pub fn memory(&self) -> TimeDelta {
        self.window + self.longest
    }

    /// Until when nothing more is admitted. Undecided attempts count as failures: of many that are made at once no more
    /// than the limit are compared, and of those after a lock one.
    fn refused_until(&self, kept: &Failures) -> Option<Timestamp> {
        let is_full = kept.undecided > 0 && kept.count.saturating_add(kept.undecided) >= self.limit;
        kept.locked_until.max(is_full.then(|| kept.last + Self::UNDECIDED_FOR))
    }

    /// How long the failure of this number locks.
    fn lock(&self, count: u32) -> Option<TimeDelta> {
        let doublings = count.checked_sub(self.limit)?;
        let longer = 1_i32.checked_shl(doublings).filter(|factor| *factor > 0);
        let length = longer.and_then(|factor| self.first.checked_mul(factor)).unwrap_or(self.longest);
        Some(length.min(self.longest))
    }
}

impl Failures {
    /// Without the undecided attempt that was admitted at `admitted`, unless that has lapsed.
    fn decided(self, admitted: Timestamp) -> Self {
        let has_lapsed = self.last - admitted >= LockoutRule::UNDECIDED_FOR;
        Self { undecided: self.undecided.saturating_sub(u32::from(!has_lapsed)), ..self }
    }

    fn if_any(self) -> Option<Self> {
        (self.count > 0 || self.undecided > 0).then_some(self)
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

    fn failed(count: u32, last: i64, locked_until: Option<i64>) -> Failures {
        Failures { count, undecided: 0, last: at(last), locked_until: locked_until.map(at) }
    }

    fn admitted(verdict: Verdict) -> Failures {
        match verdict {
            Verdict::Admitted(failures) => failures,
            Verdict::Refused(until) => panic!("refused until {until}"),
        }
    }

    /// An attempt that is admitted and found wrong.
    fn wrong(kept: Option<Failures>, now: Timestamp) -> Failures {
        RULE.fail(Some(admitted(RULE.attempt(kept, now))), now)
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
            let failures = wrong(kept, at(second));
            assert_eq!(failures, failed(nth, second, lock));
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
        let four = failed(4, 0, None);
        assert_eq!(wrong(Some(four), at(900)).count, 5);
        assert_eq!(wrong(Some(four), at(901)).count, 1);
        let locked = failed(9, 0, Some(900));
        assert_eq!(wrong(Some(locked), at(1800)).count, 10);
        assert_eq!(wrong(Some(locked), at(1801)).count, 1);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out_for_ever() {
        let of_tomorrow = failed(9, 86_400, Some(87_300));
        assert_eq!(wrong(Some(of_tomorrow), at(0)).count, 1);
        // The clock of another process is a second ahead.
        let ahead = failed(9, 1, Some(901));
        assert_eq!(RULE.attempt(Some(ahead), at(0)), Verdict::Refused(at(901)));
    }

    #[test]
    fn a_lock_lasts_no_longer_than_its_length_when_the_clock_is_set_back() {
        for back in [6, 300, 900] {
            let locked = RULE.current(failed(6, back, Some(back + 120)), at(0)).unwrap();
            assert_eq!(locked, failed(6, 0, Some(120)), "set back by {back} s");
            assert_eq!(RULE.attempt(Some(locked), at(119)), Verdict::Refused(at(120)));
            assert_eq!(wrong(Some(locked), at(120)).count, 7);
        }
    }

    #[test]
    fn undecided_attempts_count_until_they_lapse() {
        let mut kept = Some(failed(2, 0, None));
        for _ in 0..3 {
            kept = Some(admitted(RULE.attempt(kept, at(1))));
        }
        for now in [1, 60] {
            assert_eq!(RULE.attempt(kept, at(now)), Verdict::Refused(at(61)), "at {now} s");
        }
        let later = admitted(RULE.attempt(kept, at(61)));
        assert_eq!((later.count, later.undecided), (2, 1));
        // One of the three is found wrong after all: it counts, and is not taken for the one that is being compared.
        assert_eq!(RULE.fail(Some(later), at(1)), Failures { count: 3, ..later });
        // Before the clock was set back.
        let earlier = admitted(RULE.attempt(kept, at(-60)));
        assert_eq!((earlier.count, earlier.undecided), (2, 1));
    }

    #[test]
    fn after_a_lock_one_attempt_is_compared_at_a_time() {
        let sixth = admitted(RULE.attempt(Some(failed(5, 0, Some(60))), at(60)));
        assert_eq!(RULE.attempt(Some(sixth), at(60)), Verdict::Refused(at(120)));
        assert_eq!(RULE.fail(Some(sixth), at(60)), failed(6, 60, Some(180)));
    }

    #[test]
    fn what_is_taken_back_leaves_the_failures_there_were() {
        let four = failed(4, 0, None);
        let fifth = admitted(RULE.attempt(Some(four), at(1)));
        assert_eq!(RULE.take_back(fifth, at(1)), Some(Failures { last: at(1), ..four }));
        let sixth = admitted(RULE.attempt(Some(wrong(Some(four), at(1))), at(61)));
        assert_eq!(RULE.take_back(sixth, at(61)), Some(failed(5, 61, None)));
        // One that came before is taken back only now: the lock that another one brought stays.
        let locked = Failures { undecided: 1, ..failed(5, 2, Some(62)) };
        assert_eq!(RULE.take_back(locked, at(1)), Some(failed(5, 2, Some(62))));
        for undecided in [0, 1] {
            assert_eq!(RULE.take_back(Failures { undecided, ..failed(0, 0, None) }, at(0)), None);
        }
    }

    #[test]
    fn success_forgets_failures_and_no_undecided_attempt() {
        let kept = Failures { undecided: 2, ..failed(4, 1, None) };
        assert_eq!(RULE.succeed(kept, at(1)), Some(Failures { undecided: 1, ..failed(0, 1, None) }));
        assert_eq!(RULE.succeed(Failures { undecided: 1, ..kept }, at(1)), None);
    }

    #[test]
    fn no_number_is_too_large() {
        let kept = failed(u32::MAX, 0, None);
        let failures = wrong(Some(kept), at(1));
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
                    let failures = rule.fail(Some(failures), at(now));
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
        fn who_waits_as_told_is_admitted_and_not_a_moment_earlier(rule in rules(), attempts in 1_usize..60, decided in any::<bool>()) {
            let (mut kept, mut now) = (None, at(0));
            for _ in 0..attempts {
                match rule.attempt(kept, now) {
                    Verdict::Admitted(failures) if decided => kept = Some(rule.fail(Some(failures), now)),
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
        fn of_any_number_at_once_no_more_are_admitted_than_the_limit(rule in rules(), before in 0_u32..40) {
            let mut kept = (before > 0).then(|| failed(before, 0, None));
            let counted = kept.and_then(|kept| rule.current(kept, at(1))).map_or(0, |kept| kept.count);
            let mut compared = 0;
            while let Verdict::Admitted(failures) = rule.attempt(kept, at(1)) {
                kept = Some(failures);
                compared += 1;
            }
            prop_assert_eq!(compared, rule.limit.saturating_sub(counted).max(1));
        }

        #[test]
        fn taking_back_makes_room_for_as_many(rule in rules(), before in 0_u32..40) {
            let kept = (before > 0).then(|| failed(before, 0, None));
            if let Verdict::Admitted(failures) = rule.attempt(kept, at(1)) {
                let back = rule.take_back(failures, at(1));
                let counted = kept.and_then(|kept| rule.current(kept, at(1)));
                prop_assert_eq!(back.map_or(0, |back| back.count), counted.map_or(0, |kept| kept.count));
                prop_assert!(back.is_none_or(|back| back.locked_until.is_none()));
            }
        }

        #[test]
        fn a_refusal_lasts_no_longer_than_a_lock_whatever_the_clock_does(rule in rules(), steps in prop::collection::vec(-10_000_i64..10_000, 1..40)) {
            let (mut kept, mut now) = (None, 0);
            for step in steps {
                now += step;
                kept = kept.and_then(|kept| rule.current(kept, at(now)));
                match rule.attempt(kept, at(now)) {
                    Verdict::Admitted(failures) => kept = Some(rule.fail(Some(failures), at(now))),
                    Verdict::Refused(until) => {
                        prop_assert!(until - at(now) <= rule.longest.max(LockoutRule::UNDECIDED_FOR) + LockoutRule::CLOCK_SKEW);
                    }
                }
            }
        }

        #[test]
        fn nothing_panics(rule in rules(), count in any::<u32>(), undecided in any::<u32>(), last in -100_000_i64..100_000, lock in prop::option::of(-100_000_i64..100_000)) {
            let kept = Failures { undecided, ..failed(count, last, lock) };
            rule.attempt(Some(kept), at(0));
            rule.take_back(kept, at(last));
            rule.fail(Some(kept), at(0));
        }
    }
}
