use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis;
use steward_domain::ports::{ReplayGuard, StoreError};

use super::Redis;

/// Maximum lifetime of a key, in milliseconds (about 300 years). Redis refuses lifetimes of zero, and those that
/// overflow.
const LONGEST: u64 = 10_000_000_000_000;

#[async_trait]
impl ReplayGuard for Redis {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        let milliseconds = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, LONGEST);
        let mut command = redis::cmd("SET");
        command.arg(format!("steward:replay:{nonce}")).arg(1).arg("NX").arg("PX").arg(milliseconds);
        // The response is OK, or nil if the key existed.
        self.run(&command).await.map(|response: Option<String>| response.is_some())
    }
}
