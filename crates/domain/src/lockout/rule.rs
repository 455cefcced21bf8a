use chrono::TimeDelta;

use crate::Timestamp;

/// The number of failures that locks, and the length of the lock. Each further failure doubles the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRule {
    /// The number of the first failure that locks; at least 1.
    pub limit: u32,
    /// How long failures count after the last one, or after the end of its lock.
    pub window: TimeDelta,
    /// The length of the first lock.
    pub first: TimeDelta,
    /// The maximum length of a lock.
    pub longest: TimeDelta,
}

/// The stored failures of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// Number of attempts with a wrong password.
    pub count: u32,
    /// Number of admitted attempts that are not decided yet.
    pub undecided: u32,
    /// When the last attempt was admitted.
    pub last: Timestamp,
    /// The end of the lock, if there is one.
    pub locked_until: Option<Timestamp>,
}

/// The decision on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password may be compared. Contains the state to store, in which the attempt is undecided.
    Admitted(Failures),
    /// The password must not be compared before this instant.
    Refused(Timestamp),
}

impl LockoutRule {
    /// One source at one account: 5 failures lock it out for one minute. The length doubles up to 15 minutes.
    pub const SOURCE: Self = Self {
        limit: 5,
        window: TimeDelta::minutes(15),
        first: TimeDelta::minutes(1),
        longest: TimeDelta::minutes(15),
    };

    /// All unknown sources at one account: after 20 failures one attempt per second. The interval doubles up to 30
    /// seconds.
    pub const ACCOUNT: Self =
        Self { limit: 20, window: TimeDelta::hours(1), first: TimeDelta::seconds(1), longest: TimeDelta::seconds(30) };

    /// How long an attempt can stay undecided before it lapses. Attempts lapse if the process died or storage did not
    /// respond. Longer than the longest wait for a comparison.
    pub const UNDECIDED_FOR: TimeDelta = TimeDelta::minutes(1);

    /// The maximum difference between the clocks of two processes. An instant further ahead was written before a clock
    /// was set back.
    pub const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(5);

    /// Decides on an attempt at `now`.
    pub fn attempt(&self, stored: Option<Failures>, now: Timestamp) -> Verdict {
        let stored = stored.and_then(|stored| self.current(stored, now));
        if let Some(until) = stored.and_then(|stored| self.refused_until(&stored)).filter(|until| now < *until) {
            return Verdict::Refused(until);
        }
        let (count, undecided) = stored.map_or((0, 0), |stored| (stored.count, stored.undecided));
        Verdict::Admitted(Failures { count, undecided: undecided.saturating_add(1), last: now, locked_until: None })
    }

    /// Returns the state after the attempt admitted at `admitted` turned out wrong.
    pub fn fail(&self, stored: Option<Failures>, admitted: Timestamp) -> Failures {
        let stored = stored.map_or(Failures { count: 0, undecided: 0, last: admitted, locked_until: None }, |stored| {
            stored.decided(admitted)
        });
        let (count, last) = (stored.count.saturating_add(1), stored.last.max(admitted));
        let locked_until = self.lock(count).map(|length| last + length).max(stored.locked_until);
        Failures { count, last, locked_until, ..stored }
    }

    /// Returns the state after the attempt admitted at `admitted` was reverted; `None` if nothing remains.
    pub fn roll_back(&self, stored: Failures, admitted: Timestamp) -> Option<Failures> {
        stored.decided(admitted).if_any()
    }

    /// Returns the state after the attempt admitted at `admitted` was correct; `None` if nothing remains.
    pub fn succeed(&self, stored: Failures, admitted: Timestamp) -> Option<Failures> {
        Failures { count: 0, locked_until: None, ..stored.decided(admitted) }.if_any()
    }

    /// Returns the part of `stored` that counts at `now`; `None` if nothing does.
    ///
    /// A lock from before the clock was set back restarts, so it ends after its own length. Storage must save the
    /// returned state; otherwise each later call restarts the lock.
    pub fn current(&self, stored: Failures, now: Timestamp) -> Option<Failures> {
        let over = stored.locked_until.unwrap_or(stored.last).max(stored.last);
        if over - now > self.memory() {
            return None;
        }
        if stored.last - now > Self::CLOCK_SKEW {
            let length = (over - stored.last).min(self.longest);
            let locked_until = stored.locked_until.map(|_| now + length);
            return Failures { undecided: 0, last: now, locked_until, ..stored }.if_any();
        }
        let count = if now - over <= self.window { stored.count } else { 0 };
        let undecided = if now - stored.last < Self::UNDECIDED_FOR { stored.undecided } else { 0 };
        Failures { count, undecided, ..stored }.if_any()
    }

    /// Returns how long failures are stored.
    pub fn memory(&self) -> TimeDelta {
        self.window + self.longest
    }

    /// Returns the end of the period in which attempts are refused. Undecided attempts count as failures. Therefore at
    /// most `limit` concurrent attempts are compared, and one at a time after a lock.
    fn refused_until(&self, stored: &Failures) -> Option<Timestamp> {
        let is_full = stored.undecided > 0 && stored.count.saturating_add(stored.undecided) >= self.limit;
        stored.locked_until.max(is_full.then(|| stored.last + Self::UNDECIDED_FOR))
    }

    /// Returns the length of the lock after this number of failures.
    fn lock(&self, count: u32) -> Option<TimeDelta> {
        let doublings = count.checked_sub(self.limit)?;
        let longer = 1_i32.checked_shl(doublings).filter(|factor| *factor > 0);
        let length = longer.and_then(|factor| self.first.checked_mul(factor)).unwrap_or(self.longest);
        Some(length.min(self.longest))
    }
}

impl Failures {
    /// Removes the undecided attempt admitted at `admitted`, unless it has lapsed.
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

    /// Admits an attempt and records it as wrong.
    fn wrong(stored: Option<Failures>, now: Timestamp) -> Failures {
        RULE.fail(Some(admitted(RULE.attempt(stored, now))), now)
    }

    #[test]
    fn the_fifth_failure_locks_and_each_further_one_doubles_the_length() {
        let mut stored = None;
        // (time, end of the lock)
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
            let failures = wrong(stored, at(second));
            assert_eq!(failures, failed(nth, second, lock));
            if let Some(until) = lock {
                for early in [second, until - 1] {
                    assert_eq!(RULE.attempt(Some(failures), at(early)), Verdict::Refused(at(until)));
                }
            }
            stored = Some(failures);
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
    fn a_lock_from_the_future_does_not_last_for_ever() {
        let of_tomorrow = failed(9, 86_400, Some(87_300));
        assert_eq!(wrong(Some(of_tomorrow), at(0)).count, 1);
        // The clock of another process is a second ahead.
        let ahead = failed(9, 1, Some(901));
        assert_eq!(RULE.attempt(Some(ahead), at(0)), Verdict::Refused(at(901)));
    }

    #[test]
    fn a_lock_keeps_its_length_when_the_clock_is_set_back() {
        for back in [6, 300, 900] {
            let locked = RULE.current(failed(6, back, Some(back + 120)), at(0)).unwrap();
            assert_eq!(locked, failed(6, 0, Some(120)), "set back by {back} s");
            assert_eq!(RULE.attempt(Some(locked), at(119)), Verdict::Refused(at(120)));
            assert_eq!(wrong(Some(locked), at(120)).count, 7);
        }
    }

    #[test]
    fn undecided_attempts_count_until_they_lapse() {
        let mut stored = Some(failed(2, 0, None));
        for _ in 0..3 {
            stored = Some(admitted(RULE.attempt(stored, at(1))));
        }
        for now in [1, 60] {
            assert_eq!(RULE.attempt(stored, at(now)), Verdict::Refused(at(61)), "at {now} s");
        }
        let later = admitted(RULE.attempt(stored, at(61)));
        assert_eq!((later.count, later.undecided), (2, 1));
        // One of the three lapsed attempts turns out wrong. It counts, and the attempt in progress stays undecided.
        assert_eq!(RULE.fail(Some(later), at(1)), Failures { count: 3, ..later });
        // The clock was set back after the attempts.
        let earlier = admitted(RULE.attempt(stored, at(-60)));
        assert_eq!((earlier.count, earlier.undecided), (2, 1));
    }

    #[test]
    fn after_a_lock_one_attempt_is_compared_at_a_time() {
        let sixth = admitted(RULE.attempt(Some(failed(5, 0, Some(60))), at(60)));
        assert_eq!(RULE.attempt(Some(sixth), at(60)), Verdict::Refused(at(120)));
        assert_eq!(RULE.fail(Some(sixth), at(60)), failed(6, 60, Some(180)));
    }

    #[test]
    fn a_reverted_attempt_leaves_the_earlier_failures() {
        let four = failed(4, 0, None);
        let fifth = admitted(RULE.attempt(Some(four), at(1)));
        assert_eq!(RULE.roll_back(fifth, at(1)), Some(Failures { last: at(1), ..four }));
        let sixth = admitted(RULE.attempt(Some(wrong(Some(four), at(1))), at(61)));
        assert_eq!(RULE.roll_back(sixth, at(61)), Some(failed(5, 61, None)));
        // An earlier attempt is reverted late. The lock of a later failure remains.
        let locked = Failures { undecided: 1, ..failed(5, 2, Some(62)) };
        assert_eq!(RULE.roll_back(locked, at(1)), Some(failed(5, 2, Some(62))));
        for undecided in [0, 1] {
            assert_eq!(RULE.roll_back(Failures { undecided, ..failed(0, 0, None) }, at(0)), None);
        }
    }

    #[test]
    fn success_deletes_failures_and_keeps_undecided_attempts() {
        let stored = Failures { undecided: 2, ..failed(4, 1, None) };
        assert_eq!(RULE.succeed(stored, at(1)), Some(Failures { undecided: 1, ..failed(0, 1, None) }));
        assert_eq!(RULE.succeed(Failures { undecided: 1, ..stored }, at(1)), None);
    }

    #[test]
    fn counters_do_not_overflow() {
        let stored = failed(u32::MAX, 0, None);
        let failures = wrong(Some(stored), at(1));
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
        fn no_window_allows_more_than_the_limit_without_a_lock(rule in rules(), gaps in prop::collection::vec(0_i64..600, 1..200)) {
            let (mut stored, mut now, mut in_a_row) = (None, 0, 0);
            for gap in gaps {
                now += gap;
                if let Verdict::Admitted(failures) = rule.attempt(stored, at(now)) {
                    let failures = rule.fail(Some(failures), at(now));
                    in_a_row = if failures.count == 1 { 1 } else { in_a_row + 1 };
                    prop_assert_eq!(failures.count, in_a_row);
                    prop_assert_eq!(failures.locked_until.is_some(), failures.count >= rule.limit);
                    let length = failures.locked_until.map_or(TimeDelta::zero(), |until| until - at(now));
                    prop_assert!(length <= rule.longest);
                    stored = Some(failures);
                }
            }
        }

        #[test]
        fn an_attempt_is_admitted_exactly_when_the_refusal_ends(rule in rules(), attempts in 1_usize..60, decided in any::<bool>()) {
            let (mut stored, mut now) = (None, at(0));
            for _ in 0..attempts {
                match rule.attempt(stored, now) {
                    Verdict::Admitted(failures) if decided => stored = Some(rule.fail(Some(failures), now)),
                    Verdict::Admitted(failures) => stored = Some(failures),
                    Verdict::Refused(until) => {
                        let early = until - TimeDelta::microseconds(1);
                        prop_assert_eq!(rule.attempt(stored, early), Verdict::Refused(until));
                        now = until;
                        prop_assert!(matches!(rule.attempt(stored, now), Verdict::Admitted(_)));
                    }
                }
            }
        }

        #[test]
        fn concurrent_attempts_are_admitted_up_to_the_limit(rule in rules(), before in 0_u32..40) {
            let mut stored = (before > 0).then(|| failed(before, 0, None));
            let counted = stored.and_then(|stored| rule.current(stored, at(1))).map_or(0, |stored| stored.count);
            let mut compared = 0;
            while let Verdict::Admitted(failures) = rule.attempt(stored, at(1)) {
                stored = Some(failures);
                compared += 1;
            }
            prop_assert_eq!(compared, rule.limit.saturating_sub(counted).max(1));
        }

        #[test]
        fn reverting_an_attempt_restores_the_count(rule in rules(), before in 0_u32..40) {
            let stored = (before > 0).then(|| failed(before, 0, None));
            if let Verdict::Admitted(failures) = rule.attempt(stored, at(1)) {
                let back = rule.roll_back(failures, at(1));
                let counted = stored.and_then(|stored| rule.current(stored, at(1)));
                prop_assert_eq!(back.map_or(0, |back| back.count), counted.map_or(0, |stored| stored.count));
                prop_assert!(back.is_none_or(|back| back.locked_until.is_none()));
            }
        }

        #[test]
        fn a_refusal_lasts_no_longer_than_a_lock_at_any_clock_change(rule in rules(), steps in prop::collection::vec(-10_000_i64..10_000, 1..40)) {
            let (mut stored, mut now) = (None, 0);
            for step in steps {
                now += step;
                stored = stored.and_then(|stored| rule.current(stored, at(now)));
                match rule.attempt(stored, at(now)) {
                    Verdict::Admitted(failures) => stored = Some(rule.fail(Some(failures), at(now))),
                    Verdict::Refused(until) => {
                        prop_assert!(until - at(now) <= rule.longest.max(LockoutRule::UNDECIDED_FOR) + LockoutRule::CLOCK_SKEW);
                    }
                }
            }
        }

        #[test]
        fn extreme_values_do_not_panic(rule in rules(), count in any::<u32>(), undecided in any::<u32>(), last in -100_000_i64..100_000, lock in prop::option::of(-100_000_i64..100_000)) {
            let stored = Failures { undecided, ..failed(count, last, lock) };
            rule.attempt(Some(stored), at(0));
            rule.roll_back(stored, at(last));
            rule.fail(Some(stored), at(0));
        }
    }
}
