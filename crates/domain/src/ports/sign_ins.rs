use async_trait::async_trait;

use super::StoreError;
use crate::lockout::Network;
use crate::sign_in::FailedSignIn;
use crate::timeline::{TimelineCursor, TimelinePage};
use crate::{PageSize, Timestamp, User};

/// Attempts to sign in, and what else happened to an account. `Sessions::open` adds those that succeeded.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Keeps a sign-in that failed.
    ///
    /// MUST keep it as nobody's if its user has been removed meanwhile.
    async fn record(&self, failure: FailedSignIn) -> Result<(), StoreError>;

    /// Whether the user with this key signed in from this network at `since` or later.
    async fn is_known(&self, user: i64, network: Network, since: Timestamp) -> Result<bool, StoreError>;

    /// What happened to a user up to `now`: sign-ins and attempts at it, sessions that are over, changes of the account.
    /// Newest first, from `after` on.
    ///
    /// MUST leave out what happened to somebody before who had the same user id. MUST take no longer for a later page
    /// than for the first. MUST answer with some page where `after` names no item.
    async fn timeline(
        &self,
        user: &User,
        now: Timestamp,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, StoreError>;

    /// Removes up to `limit` attempts from before `before`, without waiting for any that is locked, and returns how
    /// many.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
