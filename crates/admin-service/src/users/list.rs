//! Lists users.

use steward_domain::ports::StoreError;
use steward_domain::user::UserQuery;
use steward_domain::{Actor, Page, PageRequest, User, UserFilter, policy};

use crate::{AdminService, ReadError};

/// A page that no policy has permitted yet.
pub struct FoundPage(Result<Page<User>, StoreError>);

impl AdminService {
    /// Reads the page while the actor is authenticated, for [`AdminService::list_users`], if it is the first one of an
    /// unfiltered list. Other pages are expensive, so an unauthorized caller must not cause them.
    pub async fn find_first_page(&self, query: &UserQuery, page: &PageRequest) -> Option<FoundPage> {
        let is_cheap = query.filter == UserFilter::default() && page.offset() == 0;
        if is_cheap { Some(FoundPage(self.users.list(query, page, self.clock.now()).await)) } else { None }
    }

    /// Returns a page of the matching users: the one that was found, if any.
    pub async fn list_users(
        &self,
        actor: &Actor,
        query: &UserQuery,
        page: &PageRequest,
        found: Option<FoundPage>,
    ) -> Result<Page<User>, ReadError> {
        policy::authorize_reading(actor.role)?;
        match found {
            Some(found) => Ok(found.0?),
            None => Ok(self.users.list(query, page, self.clock.now()).await?),
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::SearchTerm;

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn only_the_first_unfiltered_page_is_read_before_the_actor_is_known() {
        let app = TestApp::empty().await;
        let searched = UserFilter { search: SearchTerm::parse("kim").unwrap(), ..UserFilter::default() };
        let deep = PageRequest { number: 100, ..PageRequest::default() };
        let first = PageRequest::default;
        for (filter, page, expected) in [
            (UserFilter::default(), first(), true),
            (UserFilter { is_active: Some(false), ..UserFilter::default() }, first(), false),
            (searched, first(), false),
            (UserFilter { locked: Some(true), ..UserFilter::default() }, first(), false),
            (UserFilter::default(), deep, false),
        ] {
            let query = UserQuery { filter, ..UserQuery::default() };
            let found = app.service.find_first_page(&query, &page).await;
            assert_eq!(found.is_some(), expected, "{query:?}");
        }
    }
}
