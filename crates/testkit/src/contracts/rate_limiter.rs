//! The contract of `RateLimiter`. Keys are random, because limiters may share a server.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, Verdict};
use tokio::task::JoinSet;

use crate::TestClock;

/// A limiter and its clock.
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

    /// Charges one call to one pair.
    async fn one(&self, rule: &str, key: &str, quota: Quota) -> Verdict {
        self.check(&[Charge { rule, key, quota }]).await[0]
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(TimeDelta::from_std(by).unwrap());
    }
}

/// A random key.
fn a_key() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2))
}

fn quota(text: &str) -> Quota {
    Quota::parse(text).unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// For slow and fast quotas.
pub async fn a_burst_is_allowed_and_the_next_call_is_rejected(limiter: Limiter) {
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

/// Exact to the microsecond, whatever the number of rejected calls before.
pub async fn a_call_is_allowed_after_retry_after(limiter: Limiter) {
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

/// And when more calls will be allowed.
pub async fn a_verdict_reports_the_remaining_calls(limiter: Limiter) {
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

/// Whatever the clock change and the earlier use, a caller waits at most until a full key has drained.
pub async fn a_clock_change_rejects_calls_at_most_for_a_full_burst(limiter: Limiter) {
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

/// And no more than its burst.
pub async fn a_drained_key_has_its_full_burst_again(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:5"));
    for pause in [5, 60, 86_400] {
        for left in (0..5).rev() {
            assert_eq!(limiter.one("rule", &key, quota).await.remaining, left);
        }
        assert!(!limiter.one("rule", &key, quota).await.allowed);
        limiter.advance(seconds(pause));
    }
}

/// One of several pairs is exhausted: its call is rejected, and the other pairs keep their remaining calls.
pub async fn a_rejected_call_charges_no_pair(limiter: Limiter) {
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

/// Rules and keys are not trimmed, folded or cut off.
pub async fn similar_pairs_are_distinct(limiter: Limiter) {
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

/// Both verdicts are the same.
pub async fn a_duplicate_pair_is_charged_once(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:3"));
    let charge = Charge { rule: "rule", key: &key, quota };
    for left in [2, 1, 0] {
        let verdicts = limiter.check(&[charge, charge]).await;
        assert!(verdicts.iter().all(|verdict| verdict.allowed && verdict.remaining == left), "{verdicts:?}");
    }
    assert!(!limiter.one("rule", &key, quota).await.allowed);
}

/// Without charges there are no verdicts.
pub async fn an_empty_call_is_allowed(limiter: Limiter) {
    assert_eq!(limiter.check(&[]).await, []);
}

/// A hundred concurrent calls.
pub async fn concurrent_calls_share_one_burst(limiter: Limiter) {
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

/// Concurrent calls about overlapping pairs, in any order, do not deadlock; an allowed call is charged to all its
/// pairs.
pub async fn overlapping_concurrent_calls_are_charged_atomically(limiter: Limiter) {
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

/// Earlier charges drain as usual.
pub async fn setting_the_clock_back_does_not_block_callers(limiter: Limiter) {
    let (key, quota) = (a_key(), quota("60/min:3"));
    limiter.one("rule", &key, quota).await;
    limiter.clock.advance(TimeDelta::days(-30));
    let allowed = limiter.one("rule", &key, quota).await;
    assert_eq!((allowed.allowed, allowed.remaining, allowed.reset_after), (true, 1, seconds(2)));
}

/// From the next call on.
pub async fn a_changed_quota_applies_at_once(limiter: Limiter) {
    let key = a_key();
    for _ in 0..30 {
        limiter.one("rule", &key, quota("60/min")).await;
    }
    let tighter = limiter.one("rule", &key, quota("60/min:10")).await;
    assert_eq!((tighter.allowed, tighter.remaining, tighter.reset_after), (false, 0, seconds(10)));
    let looser = limiter.one("rule", &key, quota("120/min")).await;
    assert_eq!((looser.allowed, looser.remaining), (true, 59));
}
