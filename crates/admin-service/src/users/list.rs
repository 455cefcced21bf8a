//! Lists users.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::try_join;
use steward_domain::user::UserQuery;
use steward_domain::{Actor, Page, PageRequest, User, UserFilter};

use super::may_read;
use crate::{AdminService, ReadError};

impl AdminService {
    /// One page of the users that match.
    ///
    /// Who asks may still be being looked up. Where nothing is filtered, a page takes no longer than that, and both take
    /// one turn, as in [`AdminService::get_user`]. Anything else waits, so that nobody can keep the database busy who may
    /// not read.
    pub async fn list_users<E: From<ReadError>>(
        &self,
        actor: impl Future<Output = Result<Actor, E>>,
        query: &UserQuery,
        page: &PageRequest,
    ) -> Result<Page<User>, E> {
        let allowed = may_read(actor);
        let listed = async { Ok(self.users.list(query, page, self.clock.now()).await.map_err(ReadError::from)?) };
        if query.filter == UserFilter::default() && page.offset() == 0 {
            return try_join(allowed, listed.map(Ok)).await?.1;
        }
        allowed.await?;
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
    use steward_domain::{AuditEntry, SearchTerm, Timestamp, UserChange, UserId, UserSort, UserStatistics};

    use super::*;
    use crate::testing::TestApp;

    /// Users who know whether they were listed.
    #[derive(Default)]
    struct Listed(AtomicBool);

    #[async_trait]
    impl Users for Listed {
        async fn find(&self, _: &UserId, _: Timestamp) -> Result<Option<UserDetails>, StoreError> {
            unreachable!()
        }

        async fn list(&self, _: &UserQuery, _: &PageRequest, _: Timestamp) -> Result<Page<User>, StoreError> {
            self.0.store(true, Ordering::SeqCst);
            Err(StoreError::unavailable("no database"))
        }

        async fn update(&self, _: &UserId, _: Decision<Option<(UserChange, AuditEntry)>>) -> Result<User, ChangeError> {
            unreachable!()
        }

        async fn delete(&self, _: &UserId, _: Decision<AuditEntry>) -> Result<(), ChangeError> {
            unreachable!()
        }

        async fn statistics(&self, _: Timestamp) -> Result<UserStatistics, StoreError> {
            unreachable!()
        }
    }

    #[tokio::test]
    async fn only_a_page_that_costs_little_is_read_before_it_is_known_who_asks() {
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
            let users = Arc::new(Listed::default());
            service.users = users.clone();
            let query = UserQuery { filter, sort: UserSort::Name, ..UserQuery::default() };
            let nobody_yet = std::future::pending::<Result<Actor, ReadError>>();
            let _ = service.list_users(nobody_yet, &query, &page).now_or_never();
            assert_eq!(users.0.load(Ordering::SeqCst), expected, "{query:?}");
        }
    }
}
