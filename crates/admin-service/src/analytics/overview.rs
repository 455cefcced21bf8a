//! How users and sign-ins stand now.

use steward_domain::{ActivityOverview, Actor, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// The numbers at this moment.
    pub async fn overview(&self, actor: &Actor) -> Result<ActivityOverview, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.activity.overview(self.clock.now()).await?)
    }
}
