//! How guessing is stopped without letting a stranger lock anybody out.
//!
//! - [`LockoutRule`]: the arithmetic, pure: an attempt counts from *before* its password is compared, so that guesses made
//!   at the same time cannot slip by (GHSA-7h8m-vrxx-vr4m). It stays a failure only if the password is found wrong: a
//!   right one is taken back, one that could not be decided is taken back or lapses.
//! - [`Source`]: who counts as one guesser. Failures of one source lock out that source alone; those of all sources
//!   that an account's owner never signed in from slow all such sources down, and lock none out.
//!
//! OWASP ASVS 5.0, 6.3.1 asks for both: to keep guessers out, and owners in.

mod rule;
mod source;

pub use rule::{Failures, LockoutRule, Verdict};
pub use source::{DeviceId, Network, Source};

use chrono::TimeDelta;

/// How many failures are allowed, of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutRules {
    /// Of one source, at one account.
    pub source: LockoutRule,
    /// Of all unknown sources together, at one account.
    pub account: LockoutRule,
}

impl LockoutRules {
    /// An address is known for this long after its last sign-in.
    pub const ADDRESS_KNOWN_FOR: TimeDelta = TimeDelta::days(90);

    /// How long nothing is forgotten that may still count.
    pub fn longest_memory(&self) -> TimeDelta {
        self.source.memory().max(self.account.memory())
    }
}

impl Default for LockoutRules {
    fn default() -> Self {
        Self { source: LockoutRule::SOURCE, account: LockoutRule::ACCOUNT }
    }
}

/// What administrators see of an account: whether guessing is being stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LockState {
    /// Failures that still count and attempts that are being decided, of all sources together.
    pub failures: u64,
    /// Until when the source that is locked out for longest stays so; `None` if none is.
    pub locked_until: Option<crate::Timestamp>,
}
