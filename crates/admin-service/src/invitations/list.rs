//! Lists invitations.

use steward_domain::{Actor, Invitation, InvitationState, Page, PageRequest, Timestamp, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns one page of the invitations in a state, newest first, and the time at which they are in it.
    pub async fn list_invitations(
        &self,
        actor: &Actor,
        state: Option<InvitationState>,
        page: &PageRequest,
    ) -> Result<(Page<Invitation>, Timestamp), ReadError> {
        policy::authorize_reading(actor.role)?;
        let now = self.clock.now();
        Ok((self.invitations.list(state, page, now).await?, now))
    }
}
