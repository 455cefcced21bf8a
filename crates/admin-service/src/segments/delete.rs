//! Deletes a segment of the actor.

use steward_domain::{Actor, SegmentName, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Deletes the actor's segment with this name, in any case. Returns whether it existed.
    pub async fn delete_segment(&self, actor: &Actor, name: &SegmentName) -> Result<bool, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.segments.delete(actor.id, name).await?)
    }
}
