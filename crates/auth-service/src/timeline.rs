//! Tells what happened to an account: sign-ins and attempts at it, sessions that are over, changes of the account.

use steward_domain::policy;
use steward_domain::ports::StoreError;
use steward_domain::{Actor, PageSize, TimelineCursor, TimelinePage, User, UserId};

use crate::{AuthService, ReadError};

impl AuthService {
    /// What happened to a user, for themself.
    pub async fn own_activity(
        &self,
        user: &User,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, StoreError> {
        self.sign_ins.timeline(user, self.clock.now(), size, after).await
    }

    /// The user whose timeline an administrator asks for.
    pub async fn user_of_timeline(&self, actor: &Actor, user_id: &UserId) -> Result<User, ReadError> {
        policy::authorize_reading(actor.role)?;
        let account = self.accounts.credentials(user_id).await?.ok_or(ReadError::NoSuchUser)?;
        Ok(account.user)
    }

    /// What happened to a user, for administrators.
    pub async fn user_timeline(
        &self,
        actor: &Actor,
        user: &User,
        size: PageSize,
        after: Option<TimelineCursor>,
    ) -> Result<TimelinePage, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.sign_ins.timeline(user, self.clock.now(), size, after).await?)
    }
}
