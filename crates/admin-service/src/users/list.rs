//! Lists users.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::try_join;
use steward_domain::user::UserQuery;
use steward_domain::{Actor, Page, PageRequest, User, UserFilter};

use super::require_reader;
use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns a page of the matching users.
    ///
    /// `actor` may still be pending. The first page without a filter is cheap, so it is read concurrently with the
    /// actor, as in [`AdminService::get_user`]. All other pages wait for the actor, so that unauthorized callers cannot
    /// cause expensive queries.
    pub async fn list_users<E: From<ReadError>>(
        &self,
        actor: impl Future<Output = Result<Actor, E>>,
        query: &UserQuery,
        page: &PageRequest,
    ) -> Result<Page<User>, E> {
        let permission = require_reader(actor);
        let listed = async { Ok(self.users.list(query, page, self.clock.now()).await.map_err(ReadError::from)?) };
        if query.filter == UserFilter::default() && page.offset() == 0 {
            return try_join(permission, listed.map(Ok)).await?.1;
        }
        permission.await?;
        listed.await
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;
    use steward_domain::ports::{ChangeError, Decision, StoreError, UserDetails, Users};
    use steward_domain::{Record, SearchTerm, Timestamp, UserChange, UserId, UserSort, UserStatistics};

    use super::*;
    use crate::testing::TestApp;

    /// A store that records whether users were listed.
    #[derive(Default)]
    struct ListRecorder(AtomicBool);

    #[async_trait]
    impl Users for ListRecorder {
        async fn find(&self, _: &UserId, _: Timestamp) -> Result<Option<UserDetails>, StoreError> {
            unreachable!()
        }

        async fn list(&self, _: &UserQuery, _: &PageRequest, _: Timestamp) -> Result<Page<User>, StoreError> {
            self.0.store(true, Ordering::SeqCst);
            Err(StoreError::unavailable("no database"))
        }

        async fn update(&self, _: &UserId, _: Decision<Option<(UserChange, Record)>>) -> Result<User, ChangeError> {
            unreachable!()
        }

        async fn delete(&self, _: &UserId, _: Decision<Record>) -> Result<(), ChangeError> {
            unreachable!()
        }

        async fn statistics(&self, _: Timestamp) -> Result<UserStatistics, StoreError> {
            unreachable!()
        }
    }

    #[tokio::test]
    async fn only_the_first_unfiltered_page_is_read_before_the_actor_is_known() {
        let mut service = Rc::into_inner(TestApp::empty().await.service).unwrap();
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
            let users = Arc::new(ListRecorder::default());
            service.users = users.clone();
            let query = UserQuery { filter, sort: UserSort::Name, ..UserQuery::default() };
            let pending_actor = std::future::pending::<Result<Actor, ReadError>>();
            let _ = service.list_users(pending_actor, &query, &page).now_or_never();
            assert_eq!(users.0.load(Ordering::SeqCst), expected, "{query:?}");
        }
    }
}
