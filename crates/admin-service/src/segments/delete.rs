//! Forgets one of one's own segments.

use steward_domain::{Actor, SegmentName, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Forgets what the actor keeps under this name in any case. Returns whether there was anything.
    pub async fn delete_segment(&self, actor: &Actor, name: &SegmentName) -> Result<bool, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.segments.delete(actor.id, name).await?)
    }
}
