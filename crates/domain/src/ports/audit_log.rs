use async_trait::async_trait;

use super::StoreError;
use crate::{AuditFilter, AuditRecord, Page, PageRequest};

/// The audit trail, for reading. Entries are added by the ports that change something, in the same transaction.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// One page of the entries that match, newest first.
    ///
    /// `total` MUST be exact for the empty filter, and otherwise up to `Total::CAP`. MUST take no longer among ten
    /// million entries than among a thousand. MUST answer with some page where a position's key makes no sense.
    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>, StoreError>;
}
