use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// Detects values that are used twice within a period.
#[async_trait]
pub trait ReplayGuard: Send + Sync {
    /// Claims `nonce` for the duration `ttl`.
    ///
    /// MUST return `true` for exactly one of all claims of the same nonce within `ttl`, however many are concurrent.
    /// MUST return `false` for the others.
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError>;
}
