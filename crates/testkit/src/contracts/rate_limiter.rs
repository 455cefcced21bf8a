//! What every `RateLimiter` does. Keys are made anew in each run, since limiters may share a server.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, Verdict};
use tokio::task::JoinSet;

use crate::TestClock;

/// A limiter, and the clock it goes by.
#[derive(Clone)]
pub struct Limiter {
    /// The limiter.
    pub limiter: Arc<dyn RateLimiter>,
    /// Its clock.
    pub clock: Arc<TestClock>,
}

const MICROSECOND: Duration = Duration::from_micros(1);

impl Limiter {
    async fn check(&self, charges: &[Charge<'_>]) -> Vec<Verdict> {
        let verdicts = self.limiter.check(charges).await.unwrap();
        assert_eq!(verdicts.len(), charges.len());
        verdicts
    }

    /// Charges one to one pair.
    async fn one(&self, rule: &str, key: &str, quota: Quota) -> Verdict {
        self.check(&[Charge { rule, key, quota }]).await[0]
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(TimeDelta::from_std(by).unwrap());
    }
}

/// A key that no other run has used.
fn a_key() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2))
}

fn quota(text: &str) -> Quota {
    Quota::parse(text).unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// From the slowest quota to the quickest: a burst is let in, the next is not.
pub async fn a_burst_is_allowed_at_once_and_no_more(limiter: Limiter) {
    for text in ["1/day", "1/hour", "10/min:3", "60/min", "7/sec:2", "12000/min:20", "1000000/sec:5"] {
        let (key, quota) = (a_key(), quota(text));
        for _ in 0..quota.burst() {
            assert!(limiter.one("rule", &key, quota).await.allowed, "{text}");
        }
        for _ in 0..2 {
            assert!(!limiter.one("rule", &key, quota).await.allowed, "{text}");
        }
    }
}

/// Who comes back when they were told to is let in, to the microsecond, and however often they tried before.
pub async fn one_more_is_allowed_when_it_was_said_to_be(limiter: Limiter) {
    for text in ["1/day", "6/min:1", "7/min:3", "12000/min:2"] {
        let (key, quota) = (a_key(), quota(text));
        for _ in 0..quota.burst() {
            limiter.one("rule", &key, quota).await;
        }
        for _ in 0..3 {
            let refused = limiter.one("rule", &key, quota).await;
            assert_eq!(refused.retry_after, quota.interval(), "{text}");
            limiter.advance(refused.retry_after.checked_sub(MICROSECOND).unwrap());
            let refused = limiter.one("rule", &key, quota).await;
            assert!(!refused.allowed, "{text}");
            assert_eq!(refused.retry_after, MICROSECOND, "{text}");
            limiter.advance(MICROSECOND);
            let allowed = limiter.one("rule", &key, quota).await;
            assert!(allowed.allowed, "{text}");
            assert_eq!((allowed.remaining, allowed.retry_after), (0, quota.interval()), "{text}");
        }
    }
}

/// A verdict says what is left, and when there will be more.
pub async fn a_verdict_says_what_is_left(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:3"));
    let verdict = |allowed, remaining, retry_after, reset_after| Verdict {
        allowed,
        remaining,
        retry_after: seconds(retry_after),
        reset_after: seconds(reset_after),
    };
    for expected in [verdict(true, 2, 0, 1), verdict(true, 1, 0, 2), verdict(true, 0, 1, 3), verdict(false, 0, 1, 3)] {
        assert_eq!(limiter.one("rule", &key, quota).await, expected);
    }
    limiter.advance(Duration::from_millis(2500));
    let half = Duration::from_millis(500);
    let verdict = limiter.one("rule", &key, quota).await;
    assert_eq!(
        verdict,
        Verdict { allowed: true, remaining: 1, retry_after: Duration::ZERO, reset_after: half + seconds(1) }
    );
}

/// A caller waits no longer than it takes to drain a full key, however far the clock is set, and whatever it used.
pub async fn a_clock_that_is_set_keeps_a_caller_out_no_longer_than_a_full_key_takes(limiter: Limiter) {
    for (step, used) in [(-300, 1), (-300, 5), (-7_200, 1), (-7_200, 5), (300, 5), (7_200, 5)] {
        let (key, quota) = (a_key(), quota("60/min:5"));
        for _ in 0..used {
            assert!(limiter.one("rule", &key, quota).await.allowed);
        }
        limiter.clock.step(TimeDelta::seconds(step));
        for _ in 0..3 {
            let verdict = limiter.one("rule", &key, quota).await;
            assert!(verdict.retry_after <= quota.full_after(), "{step} {verdict:?}");
            limiter.advance(verdict.retry_after);
        }
        limiter.advance(quota.full_after());
        for left in (0..5).rev() {
            let verdict = limiter.one("rule", &key, quota).await;
            assert_eq!((verdict.allowed, verdict.remaining), (true, left), "{step} {used}");
        }
    }
}

/// A key that was left alone for long enough has its whole burst again, and no more than that.
pub async fn a_drained_key_is_as_good_as_new(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:5"));
    for pause in [5, 60, 86_400] {
        for left in (0..5).rev() {
            assert_eq!(limiter.one("rule", &key, quota).await.remaining, left);
        }
        assert!(!limiter.one("rule", &key, quota).await.allowed);
        limiter.advance(seconds(pause));
    }
}

/// Of several pairs one is exhausted: the call is refused, the others are told so, and keep what they had.
pub async fn none_is_charged_if_one_is_refused(limiter: Limiter) {
    let (key, other) = (a_key(), a_key());
    let (tight, loose) = (quota("60/min:1"), quota("60/min:5"));
    let charges = [
        Charge { rule: "loose", key: &key, quota: loose },
        Charge { rule: "tight", key: &key, quota: tight },
        Charge { rule: "loose", key: &other, quota: loose },
    ];
    let verdicts = limiter.check(&charges).await;
    assert!(verdicts.iter().all(|verdict| verdict.allowed));
    assert_eq!(verdicts.iter().map(|verdict| verdict.remaining).collect::<Vec<_>>(), [4, 0, 4]);
    for _ in 0..3 {
        let verdicts = limiter.check(&charges).await;
        assert_eq!(verdicts.iter().map(|verdict| verdict.allowed).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(verdicts.iter().map(|verdict| verdict.remaining).collect::<Vec<_>>(), [4, 0, 4]);
        assert_eq!(verdicts[1].retry_after, seconds(1));
    }
    for key in [&key, &other] {
        assert_eq!(limiter.one("loose", key, loose).await.remaining, 3);
    }
}

/// Nothing is trimmed, folded or cut off, in rules and in keys.
pub async fn pairs_that_look_alike_are_apart(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("1/day"));
    let long = key.repeat(8);
    for rule in ["login", "Login", "login-2", "login_2"] {
        for like in ["", " ", "\n", "A", "a", "é", "e\u{301}", ":", "{}", "\u{1f980}"] {
            assert!(limiter.one(rule, &format!("{key}{like}"), quota).await.allowed, "{rule} {like:?}");
            assert!(limiter.one(rule, &format!("{long}{like}"), quota).await.allowed, "{rule} long {like:?}");
        }
    }
    assert!(!limiter.one("login", &key, quota).await.allowed);
}

/// A pair that is named twice is charged once.
pub async fn a_pair_that_is_named_twice_counts_once(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:3"));
    let charge = Charge { rule: "rule", key: &key, quota };
    for left in [2, 1, 0] {
        let verdicts = limiter.check(&[charge, charge]).await;
        assert!(verdicts.iter().all(|verdict| verdict.allowed && verdict.remaining == left), "{verdicts:?}");
    }
    assert!(!limiter.one("rule", &key, quota).await.allowed);
}

/// Where there is nothing to charge there is nothing to say.
pub async fn nothing_to_charge_is_nothing_to_refuse(limiter: Limiter) {
    assert_eq!(limiter.check(&[]).await, []);
}

/// Of a hundred simultaneous calls, a burst is let in.
pub async fn a_hundred_at_once_get_one_burst(limiter: Limiter) {
    for _ in 0..5 {
        let (key, quota) = (a_key(), quota("60/min:7"));
        let mut calls = JoinSet::new();
        for _ in 0..100 {
            let (limiter, key) = (limiter.clone(), key.clone());
            calls.spawn(async move { limiter.one("rule", &key, quota).await.allowed });
        }
        assert_eq!(calls.join_all().await.into_iter().filter(|allowed| *allowed).count(), 7);
    }
}

/// Simultaneous calls about overlapping pairs, named in any order, end; and what was let in was charged everywhere.
pub async fn overlapping_calls_at_once_are_charged_all_or_none(limiter: Limiter) {
    let keys: Vec<String> = (0..4).map(|_| a_key()).collect();
    let (shared, own) = (quota("60/min:30"), quota("60/min:20"));
    let mut calls = JoinSet::new();
    for n in 0..200_usize {
        let (limiter, keys) = (limiter.clone(), keys.clone());
        calls.spawn(async move {
            let who = n % 3;
            let mut charges = vec![
                Charge { rule: "shared", key: &keys[3], quota: shared },
                Charge { rule: "own", key: &keys[who], quota: own },
            ];
            if n % 2 == 0 {
                charges.reverse();
            }
            let verdicts = limiter.check(&charges).await;
            verdicts.iter().all(|verdict| verdict.allowed).then_some(who)
        });
    }
    let allowed: Vec<usize> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(allowed.len(), 30);
    assert!(!limiter.one("shared", &keys[3], shared).await.allowed);
    for (who, key) in keys[..3].iter().enumerate() {
        let used = allowed.iter().filter(|other| **other == who).count();
        let left = limiter.one("own", key, own).await;
        let expected = u32::try_from(20 - used).unwrap();
        assert_eq!((left.allowed, left.remaining), (expected > 0, expected.saturating_sub(1)), "{who}");
    }
}

/// A clock that is set back keeps no caller out: what was charged still drains, and no more than that.
pub async fn a_clock_that_is_set_back_keeps_nobody_out_for_long(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:3"));
    limiter.one("rule", &key, quota).await;
    limiter.clock.advance(TimeDelta::days(-30));
    let allowed = limiter.one("rule", &key, quota).await;
    assert_eq!((allowed.allowed, allowed.remaining, allowed.reset_after), (true, 1, seconds(2)));
}

/// A quota that was changed holds from the next call.
pub async fn a_changed_quota_holds_at_once(limiter: Limiter) {
    let key = a_key();
    for _ in 0..30 {
        limiter.one("rule", &key, quota("60/min")).await;
    }
    let tighter = limiter.one("rule", &key, quota("60/min:10")).await;
    assert_eq!((tighter.allowed, tighter.remaining, tighter.reset_after), (false, 0, seconds(10)));
    let looser = limiter.one("rule", &key, quota("120/min")).await;
    assert_eq!((looser.allowed, looser.remaining), (true, 59));
}
