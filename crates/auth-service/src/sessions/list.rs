//! Lists good sessions.

use steward_domain::policy;
use steward_domain::ports::StoreError;
use steward_domain::{Actor, Page, PageRequest, PageSize, SessionFilter, SessionRecord, UserId};

use crate::{AuthService, ReadError};

/// Most of their own sessions that somebody is shown: the newest.
pub const OWN_LISTED: u32 = PageSize::MAX;

impl AuthService {
    /// The newest [`OWN_LISTED`] of a user's own sessions, and how many there are.
    pub async fn own_sessions(&self, user: &UserId) -> Result<Page<SessionRecord>, StoreError> {
        let filter = SessionFilter { user: Some(user.clone()), ..SessionFilter::default() };
        let page = PageRequest { size: PageSize::most(), ..PageRequest::default() };
        self.sessions.list(&filter, self.clock.now(), &page).await
    }

    /// One page of the sessions that match, of anybody.
    pub async fn list_sessions(
        &self,
        actor: &Actor,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionRecord>, ReadError> {
        policy::authorize_reading(actor.role)?;
        let found = self.sessions.list(filter, self.clock.now(), page).await?;
        match &filter.user {
            // Nobody has no sessions, which is another answer than having none.
            Some(user) if found.total.count == 0 && self.accounts.credentials(user).await?.is_none() => {
                Err(ReadError::NoSuchUser)
            }
            _ => Ok(found),
        }
    }
}
