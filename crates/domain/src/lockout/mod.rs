//! Protection against password guessing that does not let a stranger lock out the owner of an account.
//!
//! - [`LockoutRule`]: the pure arithmetic. An attempt counts *before* its password is compared, so that concurrent
//!   attempts cannot exceed the limit (GHSA-7h8m-vrxx-vr4m). It remains a failure only if the password is wrong. A
//!   correct attempt is reverted; an undecided one is reverted or lapses.
//! - [`Source`]: the unit that is counted. Failures of one source lock out that source alone. Failures of all sources
//!   that the owner never signed in from slow down all such sources, and lock out none.
//!
//! OWASP ASVS 5.0, 6.3.1 requires both: protection against guessing, and continued access for owners.
//!
//! A rule takes the stored failures and the time, and returns the state to store. The adapter of
//! [`LoginAttempts`](crate::ports::LoginAttempts) calls it while it holds the lock on the stored state.
//!
//! ```
//! use chrono::{DateTime, TimeDelta};
//! use steward_domain::lockout::{LockoutRule, Verdict};
//!
//! let (rule, now) = (LockoutRule::SOURCE, DateTime::UNIX_EPOCH);
//! let mut stored = None;
//! for _ in 0..5 {
//!     let Verdict::Admitted(attempt) = rule.attempt(stored, now) else { panic!("locked too early") };
//!     // The service compares the password here. It is wrong.
//!     stored = Some(rule.fail(Some(attempt), now));
//! }
//! let end = now + TimeDelta::minutes(1);
//! assert_eq!(rule.attempt(stored, now), Verdict::Refused(end));
//! assert!(matches!(rule.attempt(stored, end), Verdict::Admitted(_)));
//! ```

mod rule;
mod source;

pub use rule::{Failures, LockoutRule, Verdict};
pub use source::{DeviceId, Network, Source};

use chrono::TimeDelta;

/// The limits on failed attempts at one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRules {
    /// The limit of one source.
    pub source: LockoutRule,
    /// The limit of all unknown sources together.
    pub account: LockoutRule,
}

impl LockoutRules {
    /// How long an address stays known after a sign-in from it.
    pub const ADDRESS_KNOWN_FOR: TimeDelta = TimeDelta::days(90);

    /// Returns how long failures must be stored, because they may still count.
    pub fn longest_memory(&self) -> TimeDelta {
        self.source.memory().max(self.account.memory())
    }
}

impl Default for LockoutRules {
    fn default() -> Self {
        Self { source: LockoutRule::SOURCE, account: LockoutRule::ACCOUNT }
    }
}

/// The lock state of an account, as administrators see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LockState {
    /// Failures that still count and undecided attempts, of all sources together.
    pub failures: u64,
    /// The end of the longest lock among the sources; `None` if no source is locked out.
    pub locked_until: Option<crate::Timestamp>,
}
