use async_trait::async_trait;

use super::StoreError;
use crate::lockout::Network;
use crate::sign_in::{FailedSignIn, SignInFilter, SignInRecord};
use crate::timeline::{EventSource, TimelineCursor, TimelinePage};
use crate::{Page, PageRequest, PageSize, Timestamp, User, UserKey};

/// Sign-in attempts, and the timeline of an account. `Sessions::open` adds the successful sign-ins.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Stores a failed sign-in, and writes its messages in the same transaction.
    ///
    /// MUST store it without a user and without messages if its user has been deleted in the meantime.
    async fn record(&self, failure: FailedSignIn) -> Result<(), StoreError>;

    /// Returns whether the user with this key signed in from this network at `since` or later.
    ///
    /// MUST do the same work without a user, and return `false`.
    async fn is_known(&self, user: Option<UserKey>, network: Network, since: Timestamp) -> Result<bool, StoreError>;

    /// Returns the events of a user from these sources, up to `now`: sign-ins, failed attempts, ended sessions, changes of
    /// the account, and mails by the time of their cause. They are sorted newest first and continue after the cursor
    /// `after`.
    ///
    /// - MUST NOT include events of an earlier, deleted user with the same user id.
    /// - A later page MUST NOT take longer than the first.
    /// - MUST return some page, not an error, if no event has the cursor `after`.
    async fn timeline(
        &self,
        user: &User,
        sources: &[EventSource],
        now: Timestamp,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, StoreError>;

    /// Returns one page of the matching attempts of all users, newest first.
    ///
    /// - MUST return `next` exactly if more attempts follow.
    /// - `total` MUST be exact up to `Total::CAP`, and MUST NOT be counted beyond.
    /// - A later page MUST NOT take longer than the first, if it continues from a position.
    /// - MUST return some page, not an error, if the key of a position is invalid: cursors come from clients.
    async fn list(&self, filter: &SignInFilter, page: &PageRequest) -> Result<Page<SignInRecord>, StoreError>;

    /// Deletes up to `limit` attempts from before `before` and returns their number. Does not wait for locked rows.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
