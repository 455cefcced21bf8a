//! Lists the events of an account: sign-in attempts, ended sessions and changes, and for administrators mails.

use steward_domain::policy;
use steward_domain::ports::StoreError;
use steward_domain::timeline::EventSource;
use steward_domain::{Actor, PageSize, TimelineCursor, TimelinePage, User, UserId};

use crate::{AuthService, ReadError};

impl AuthService {
    /// Returns a page of the events of the user's own account.
    pub async fn own_activity(
        &self,
        user: &User,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, StoreError> {
        self.sign_ins.timeline(user, &EventSource::OF_OWNER, self.clock.now(), size, after).await
    }

    /// Returns the user for a timeline that an administrator requests.
    pub async fn user_of_timeline(&self, actor: &Actor, user_id: &UserId) -> Result<User, ReadError> {
        policy::authorize_reading(actor.role)?;
        let account = self.accounts.credentials(user_id).await?.ok_or(ReadError::NoSuchUser)?;
        Ok(account.user)
    }

    /// Returns a page of the events of a user's account, for administrators.
    pub async fn user_timeline(
        &self,
        actor: &Actor,
        user: &User,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.sign_ins.timeline(user, &EventSource::ALL, self.clock.now(), size, after).await?)
    }
}
