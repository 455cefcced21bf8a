//! The port [`Users`].

mod find;
mod list;
pub(crate) mod statistics;

use async_trait::async_trait;
use steward_domain::ports::{ChangeError, Decision, StoreError, UserDetails, Users};
use steward_domain::user::UserQuery;
use steward_domain::{Page, PageRequest, Record, Timestamp, User, UserChange, UserId, UserStatistics};

use self::list::ListRequest;
use crate::database::Database;
use crate::shared_query::SharedQuery;
use crate::statements::{UserMutation, change_user};

/// The users in a database.
pub struct SqlUsers {
    db: Database,
    found: SharedQuery<find::FindKey, Option<UserDetails>>,
    pages: SharedQuery<ListRequest, Page<User>>,
    statistics: SharedQuery<Timestamp, UserStatistics>,
}

impl SqlUsers {
    /// The users in this database.
    pub fn new(db: Database) -> Self {
        Self {
            found: find::query(db.clone()),
            pages: SharedQuery::of_requests(db.clone(), list::read_page),
            statistics: SharedQuery::of_state(db.clone(), statistics::read),
            db,
        }
    }
}

#[async_trait]
impl Users for SqlUsers {
    async fn find(&self, user_id: &UserId, now: Timestamp) -> Result<Option<UserDetails>, StoreError> {
        self.found.get((user_id.clone(), now)).await
    }

    async fn list(&self, query: &UserQuery, page: &PageRequest, now: Timestamp) -> Result<Page<User>, StoreError> {
        self.pages.get(ListRequest::new(query, page, now)).await
    }

    async fn update(
        &self,
        target: &UserId,
        decide: Decision<Option<(UserChange, Record)>>,
    ) -> Result<User, ChangeError> {
        let decide: Decision<_> =
            Box::new(|locked| Ok(decide(locked)?.map(|(change, record)| (UserMutation::Change(change), record))));
        change_user(&self.db, target, decide).await
    }

    async fn delete(&self, target: &UserId, decide: Decision<Record>) -> Result<(), ChangeError> {
        let decide: Decision<_> = Box::new(|locked| Ok(Some((UserMutation::Delete, decide(locked)?))));
        change_user(&self.db, target, decide).await.map(drop)
    }

    async fn statistics(&self, now: Timestamp) -> Result<UserStatistics, StoreError> {
        self.statistics.get(now).await
    }
}
