//! Lists active sessions.

use steward_domain::policy;
use steward_domain::ports::StoreError;
use steward_domain::{Actor, Page, PageRequest, PageSize, SessionFilter, SessionRecord, UserId};

use crate::{AuthService, ReadError};

/// Maximum number of own sessions in a list; the newest ones.
pub const OWN_LISTED: u32 = PageSize::MAX;

impl AuthService {
    /// Returns the newest [`OWN_LISTED`] active sessions of the user, and their total number.
    pub async fn own_sessions(&self, user: &UserId) -> Result<Page<SessionRecord>, StoreError> {
        let filter = SessionFilter { user: Some(user.clone()), ..SessionFilter::default() };
        let page = PageRequest { size: PageSize::most(), ..PageRequest::default() };
        self.sessions.list(&filter, self.clock.now(), &page).await
    }

    /// Returns a page of the matching active sessions of all users.
    pub async fn list_sessions(
        &self,
        actor: &Actor,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.sessions.list(filter, self.clock.now(), page).await?)
    }

    /// Returns a page of the matching active sessions of the user in the filter.
    pub async fn list_user_sessions(
        &self,
        actor: &Actor,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, ReadError> {
        let found = self.list_sessions(actor, filter, page).await?;
        match &filter.user {
            // An unknown user is an error, a user without sessions is not.
            Some(user) if found.total.count == 0 && self.accounts.credentials(user).await?.is_none() => {
                Err(ReadError::NoSuchUser)
            }
            _ => Ok(found),
        }
    }
}
