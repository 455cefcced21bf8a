//! The port [`Users`].

mod find;
mod list;
pub(crate) mod statistics;

use async_trait::async_trait;
use steward_domain::ports::{ChangeError, Decision, StoreError, UserDetails, Users};
use steward_domain::user::UserQuery;
use steward_domain::{Page, PageRequest, Record, Timestamp, User, UserChange, UserId, UserStatistics};

use crate::batcher::{Batcher, Limits};
use crate::database::Database;
use crate::statements::{UserMutation, change_user};

/// The users in a database.
pub struct SqlUsers {
    db: Database,
    found: Batcher<find::FindKey, Option<UserDetails>>,
    pages: Batcher<list::ListRequest, Page<User>>,
    numbers: Batcher<Timestamp, UserStatistics>,
}

impl SqlUsers {
    /// The users in this database.
    pub fn new(db: Database) -> Self {
        let lookups = Limits::of_lookups(&db);
        Self {
            found: find::batcher(db.clone(), lookups),
            pages: Batcher::new(Limits::of_pages(&db), {
                let db = db.clone();
                move |worker| {
                    worker.serve(|keys| keys.iter().map(|request| list::read_page(&db, request).map(Ok)).collect())
                }
            }),
            numbers: Batcher::new(Limits { workers: 1, ..lookups }, {
                let db = db.clone();
                move |worker| worker.serve(|times| Ok(statistics::read(&db, times)?.into_iter().map(Ok).collect()))
            }),
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
        self.pages.get(list::ListRequest::new(query, page, now)).await
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
        self.numbers.get(now).await
    }
}
