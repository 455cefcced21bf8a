//! Lists audit entries, newest first.

use steward_domain::{Actor, AuditFilter, AuditRecord, Page, PageRequest, policy};

use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns a page of the matching entries.
    pub async fn list_audit_log(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.audit_log.list(filter, page).await?)
    }
}
