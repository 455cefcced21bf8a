//! State in Redis.
//!
//! - `url`: parses `REDIS_URL`.
//! - `pool`: opens connections to one server, to the primary of sentinels, or to a cluster.
//! - `connections`: keeps one connection per runtime.
//! - `limiter`, `replay`: implement the ports.

mod connections;
mod limiter;
mod pool;
mod replay;
mod url;

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::{self, RedisError};
use steward_domain::ports::{Clock, StoreError};

use self::connections::Connections;
use self::limiter::Script;
use self::pool::Connection;
pub use self::url::{InvalidRedisUrl, RedisUrl};

/// State in Redis (5.0 or later), shared by all processes that use the same server.
pub struct Redis {
    connections: Arc<Connections>,
    script: Script,
    timeout: Duration,
}

impl Redis {
    /// The default deadline of a call, which includes connecting.
    pub const TIMEOUT: Duration = Duration::from_millis(50);

    /// Creates an adapter for the Redis at `url`. Connects on first use.
    pub fn new(url: &RedisUrl) -> Self {
        let connections = Connections::new(url.0.clone());
        Self { connections, script: Script::default(), timeout: Self::TIMEOUT }
    }

    /// Sets the deadline of a call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Uses `clock` for limits instead of the server's own clock, which all processes share. For tests.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { script: Script::with_clock(clock), ..self }
    }

    /// Sends one command in one round trip. Fails at the deadline.
    async fn run<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        self.with_connection(async |connection| connection.run(command).await).await
    }

    /// Calls `with` with a connection. Fails at the deadline. After an error the connection is not used again.
    async fn with_connection<T>(
        &self,
        with: impl AsyncFnOnce(&Connection) -> Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        let mut used = None;
        let result = async {
            let connection = used.insert(self.connections.get().await?);
            // Every error response (loading, read-only, out of memory) means that Redis cannot be used at the moment.
            with(connection).await.map_err(StoreError::unavailable)
        };
        let late = |_| Err(StoreError::unavailable(format!("Redis did not respond within {:?}", self.timeout)));
        let result = tokio::time::timeout(self.timeout, result).await.unwrap_or_else(late);
        if let (Err(_), Some(used)) = (&result, used) {
            // The connection may be broken without being closed.
            self.connections.forget(&used);
        }
        result
    }
}
