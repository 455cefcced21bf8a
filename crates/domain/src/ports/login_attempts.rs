use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError};
use crate::lockout::{LockoutRules, Source};
use crate::{Record, Timestamp, User, UserId};

/// Failed password attempts, per account and source. Only the auth service uses this port. Administrators see the lock
/// state through `Users::find`.
#[async_trait]
pub trait LoginAttempts: Send + Sync {
    /// Requests permission to compare a password. An admitted attempt is stored as undecided. It counts as a failure
    /// until it is decided or lapses ([`LockoutRule::UNDECIDED_FOR`](crate::lockout::LockoutRule::UNDECIDED_FOR)).
    ///
    /// - MUST apply [`LockoutRules`] to the attempt's source at the account, and to the account as a whole if
    ///   `counts_for_account` is set. The attempt is admitted if both rules admit it.
    /// - MUST count the attempt in both counters or in neither. MUST NOT count a refused attempt.
    /// - MUST NOT admit more attempts than the rules allow, however many are concurrent, in any number of processes.
    /// - MUST keep the attempt if the caller stops waiting.
    /// - MUST NOT extend a lock because a clock was set back.
    /// - MUST set `first` for exactly one of the attempts that the same lock refuses.
    async fn begin(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<Admission, StoreError>;

    /// Records that the password of an admitted attempt was wrong.
    ///
    /// MUST count the failure in both counters or in neither. This also holds if the attempt has lapsed, or if all
    /// other attempts were deleted in the meantime.
    async fn fail(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError>;

    /// Reverts [`LoginAttempts::begin`] for an admitted attempt. Use it if the password was not compared, if the result
    /// is unknown, or if a correct password did not open a session. Earlier failures and their lock remain.
    async fn roll_back(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError>;

    /// Reverts [`LoginAttempts::begin`] for an attempt that signed in, and deletes the earlier failures of its source.
    ///
    /// MUST keep the failures of other sources at the same account, because those sources may still be guessing.
    async fn succeed(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError>;

    /// Deletes every failure at an account and writes the record that `decide` returns, in one transaction. `decide` is
    /// called as in `Users::update`. Returns the user.
    ///
    /// MUST NOT write the record if there are no failures.
    async fn unlock(&self, target: &UserId, decide: Decision<Record>) -> Result<User, ChangeError>;

    /// Deletes up to `limit` sources whose last failure and last lock ended before `before`, and returns their number.
    /// Does not wait for locked rows.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// An attempt to sign in, or to confirm the password again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The account: a user's id in lower case. For an unknown user, a name of up to [`Attempt::ACCOUNT_MAX`] characters
    /// that cannot be a user id.
    pub account: String,
    /// The source of the attempt.
    pub source: Source,
    /// Whether the attempt counts against the limit of the account as a whole. True unless the source is known to
    /// belong to the owner.
    pub counts_for_account: bool,
    /// The time of the attempt, in whole microseconds.
    pub at: Timestamp,
}

impl Attempt {
    /// Maximum length of an account name, in characters.
    pub const ACCOUNT_MAX: usize = UserId::MAX;
}

/// The decision whether a password may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The password may be compared. The attempt is stored as undecided.
    Admitted,
    /// The password must not be compared.
    Refused {
        /// The earliest time for another attempt.
        until: Timestamp,
        /// Whether this is the first attempt that the lock refused.
        first: bool,
    },
}
