//! Looks one user up.

use steward_domain::{Actor, User, UserId, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// The user with this id, if there is one.
    pub async fn get_user(&self, actor: &Actor, user_id: &UserId) -> Result<Option<User>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.users.find(user_id).await?)
    }
}
