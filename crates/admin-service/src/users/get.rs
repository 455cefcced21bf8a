//! Returns a user.

use steward_domain::ports::UserDetails;
use steward_domain::{Actor, UserId, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns the user with this id, with details for administrators, or `None` if the id is unknown.
    pub async fn get_user(&self, actor: &Actor, user_id: &UserId) -> Result<Option<UserDetails>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.users.find(user_id, self.clock.now()).await?)
    }
}
