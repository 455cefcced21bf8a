//! Looks one user up.

use steward_domain::ports::UserDetails;
use steward_domain::{Actor, UserId, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// The user with this id, if there is one, with what only administrators are told.
    pub async fn get_user(&self, actor: &Actor, user_id: &UserId) -> Result<Option<UserDetails>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.users.details(user_id, self.clock.now()).await?)
    }
}
