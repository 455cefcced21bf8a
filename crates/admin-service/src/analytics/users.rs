//! How many users there are, of which role and status, and how many came lately.

use steward_domain::{Actor, UserStatistics, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// The numbers, exact at this moment.
    pub async fn user_statistics(&self, actor: &Actor) -> Result<UserStatistics, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.users.statistics(self.clock.now()).await?)
    }
}
