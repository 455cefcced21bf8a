use async_trait::async_trait;

use super::{ChangeError, Decision, StoreError};
use crate::lockout::{LockoutRules, Source};
use crate::{AuditEntry, Timestamp, User, UserId};

/// The failures of guessers. Only the auth service holds this port; what administrators see of it, `Users::details`
/// tells.
#[async_trait]
pub trait LoginAttempts: Send + Sync {
    /// Asks whether a password may be compared, and keeps the attempt as undecided if so. It counts like a failure until
    /// it is decided, or lapses ([`LockoutRule::UNDECIDED_FOR`](crate::lockout::LockoutRule::UNDECIDED_FOR)).
    ///
    /// - MUST decide by [`LockoutRules`], of the attempt's source at its account, and of the account as a whole if
    ///   `counts_for_account`; it is admitted if both admit it.
    /// - MUST count in both or in none, and nothing where it is refused.
    /// - MUST admit no more than the rules do, however many attempts are made at once, in any process.
    /// - MUST keep the attempt though the caller stops waiting.
    /// - MUST NOT lengthen a lock-out because a clock was set back.
    /// - MUST say `first` to one of any number of attempts that are refused during the same lock.
    async fn begin(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<Admission, StoreError>;

    /// Decides an attempt that was admitted: the password was wrong.
    ///
    /// MUST count it in both or in none, also if it has lapsed, or if everything else was forgotten meanwhile.
    async fn fail(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError>;

    /// Undoes [`LoginAttempts::begin`] for an attempt that was admitted: the password was not compared, or the answer
    /// is unknown, or it was right and opened nothing. Failures stay, and so does the lock that they brought.
    async fn take_back(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError>;

    /// As [`LoginAttempts::take_back`], for an attempt that signed in: it clears what its source failed before.
    ///
    /// MUST leave what others failed at the same account: they are no less of a danger for it.
    async fn succeed(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError>;

    /// Forgets every failure at an account, and adds the entry that `decide` returns, in one transaction. `decide` is
    /// called as by `Users::update`. Returns the user.
    ///
    /// MUST add no entry where there is nothing to forget.
    async fn unlock(&self, target: &UserId, decide: Decision<AuditEntry>) -> Result<User, ChangeError>;

    /// Forgets up to `limit` guessers whose last failure and last lock were over before `before`, without waiting for
    /// any, and returns how many.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// An attempt to sign in, or to show once more that one knows the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// At which account: a user's id in lower case, or a name of up to [`Attempt::ACCOUNT_MAX`] characters that can be
    /// no user's.
    pub account: String,
    /// By whom.
    pub source: Source,
    /// Whether it counts among those that slow the account down as a whole: its source is not known to be the owner's.
    pub counts_for_account: bool,
    /// When, in whole microseconds.
    pub at: Timestamp,
}

impl Attempt {
    /// Longest account name, in characters.
    pub const ACCOUNT_MAX: usize = UserId::MAX;
}

/// Whether a password may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may; the attempt is undecided.
    Admitted,
    /// It may not.
    Refused {
        /// When it is worth trying again.
        until: Timestamp,
        /// Whether this is the first attempt that the lock turned away.
        first: bool,
    },
}
