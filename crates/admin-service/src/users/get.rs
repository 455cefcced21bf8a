//! Returns a user.

use steward_domain::ports::{StoreError, UserDetails};
use steward_domain::{Actor, UserId, policy};

use crate::{AdminService, ReadError};

/// The result of a look-up that no policy has permitted yet.
pub struct FoundUser(Result<Option<UserDetails>, StoreError>);

impl AdminService {
    /// Looks up the user with this id while the actor is authenticated, for [`AdminService::get_user`].
    pub async fn find_user(&self, user_id: &UserId) -> FoundUser {
        FoundUser(self.users.find(user_id, self.clock.now()).await)
    }

    /// Returns the user that was found, with details for administrators, or `None` if the id is unknown.
    pub fn get_user(&self, actor: &Actor, found: FoundUser) -> Result<Option<UserDetails>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(found.0?)
    }
}
