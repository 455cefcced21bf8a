//! Lists the actor's segments.

use steward_domain::{Actor, Segment, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns the actor's segments, sorted by name.
    pub async fn list_segments(&self, actor: &Actor) -> Result<Vec<Segment>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.segments.list(actor.id).await?)
    }
}
