//! Current statistics of users and sign-ins.

use steward_domain::{ActivityOverview, Actor, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns the current statistics.
    pub async fn overview(&self, actor: &Actor) -> Result<ActivityOverview, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.activity.overview(self.clock.now()).await?)
    }
}
