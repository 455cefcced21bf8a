use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// Remembers for a while what must not come twice.
#[async_trait]
pub trait ReplayGuard: Send + Sync {
    /// Claims `nonce` for `ttl`.
    ///
    /// MUST answer `true` to exactly one of any number of claims of the same nonce within `ttl`, however many are
    /// made at once, and `false` to the others.
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError>;
}
