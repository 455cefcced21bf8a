//! Lists the mails to send, newest first.

use steward_domain::{Actor, MailState, OutboxEntry, Page, PageRequest, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns a page of the mails with this state, or of all.
    pub async fn list_outbox(
        &self,
        actor: &Actor,
        state: Option<MailState>,
        page: PageRequest,
    ) -> Result<Page<OutboxEntry>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.outbox.list(state, page).await?)
    }
}
