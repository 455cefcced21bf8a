//! Lists users.

use steward_domain::user::UserQuery;
use steward_domain::{Actor, Page, PageRequest, User, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns a page of the matching users.
    pub async fn list_users(
        &self,
        actor: &Actor,
        query: &UserQuery,
        page: &PageRequest,
    ) -> Result<Page<User>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.users.list(query, page, self.clock.now()).await?)
    }
}
