//! A flood of ten million generated keys. It runs in its own process, so that the test can measure memory.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_ephemeral::Memory;
use steward_testkit::TestClock;

const KEYS: u32 = 10_000_000;

/// Number of keys per call, to shorten the test.
const BATCH: u32 = 20;

/// Number of keys per second in the second half. The first half arrives at once.
const RATE: u32 = 100_000;

/// Memory of a table of [`Memory::MAX_KEYS`] keys at 16 bytes each, and the same again for the rest of the process.
const AT_MOST: usize = 2 * 16 * Memory::MAX_KEYS;

/// Returns the resident memory of this process in bytes, or `None` if the system does not report it.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<usize>().ok().map(|kibibytes| kibibytes * 1024)
}

#[tokio::test]
async fn ten_million_keys_take_a_few_megabytes_and_do_not_replace_a_limited_key() {
    let clock: Arc<TestClock> = Arc::default();
    let memory = Memory::new(clock.clone());
    let quota = Quota::parse("60/min").unwrap();
    let attempt = async || {
        let charge = Charge { rule: "login", key: "203.0.113.7", quota };
        memory.check(&[charge]).await.unwrap()[0].allowed
    };
    let before = resident();
    for _ in 0..quota.burst() {
        assert!(attempt().await);
    }
    let mut allowed = 0;
    let mut seconds = 0;
    for first in (0..KEYS).step_by(BATCH as usize) {
        let keys: Vec<String> = (first..first + BATCH).map(|n| format!("2001:db8:{n:08x}::/64")).collect();
        let charges: Vec<Charge<'_>> = keys.iter().map(|key| Charge { rule: "login", key, quota }).collect();
        let verdicts = memory.check(&charges).await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.remaining == 59), "all keys are new");
        if (first + BATCH).is_multiple_of(RATE) {
            if first > KEYS / 2 {
                clock.advance(TimeDelta::seconds(1));
                seconds += 1;
            }
            // Ten attempts are made, of which one is allowed per second.
            for _ in 0..10 {
                allowed += u32::from(attempt().await);
            }
        }
    }
    assert_eq!((allowed, seconds), (seconds, KEYS / 2 / RATE));
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before);
        assert!(grown < AT_MOST, "ten million keys took {grown} bytes");
        println!("{KEYS} keys took {} KiB", grown / 1024);
    }
}
