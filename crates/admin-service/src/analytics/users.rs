//! Statistics of users by role and status, and of recent registrations.

use steward_domain::{Actor, UserStatistics, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns the current statistics; they are exact.
    pub async fn user_statistics(&self, actor: &Actor) -> Result<UserStatistics, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.users.statistics(self.clock.now()).await?)
    }
}
