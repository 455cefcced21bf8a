use async_trait::async_trait;

use super::StoreError;
use crate::{AuditFilter, AuditRecord, Page, PageRequest};

/// Read access to the audit trail. The ports that change something add its entries, in the same transaction.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Returns one page of the matching entries, newest first.
    ///
    /// - `total` MUST be exact for the empty filter, and up to `Total::CAP` for every other filter.
    /// - The cost MUST NOT grow with the number of entries: ten million take no longer than a thousand.
    /// - MUST return some page, not an error, if the key of a position is invalid.
    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>, StoreError>;
}
