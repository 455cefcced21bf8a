//! State in Redis.
//!
//! - `url`: what `REDIS_URL` may say.
//! - `pool`: one server, the primary that sentinels name, or a cluster.
//! - `connections`: which of them carries whose commands.
//! - `limiter`, `replay`: the ports.

mod connections;
mod limiter;
mod pool;
mod replay;
mod url;

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::{self, RedisError};
use secrecy::{ExposeSecret, SecretString};
use steward_domain::ports::{Clock, StoreError};

use self::connections::Connections;
use self::limiter::Script;
use self::pool::Connection;
pub use self::url::InvalidRedisUrl;

/// State in Redis (5.0 or later), shared by every process that uses the same one.
pub struct Redis {
    connections: Arc<Connections>,
    script: Script,
    timeout: Duration,
}

impl Redis {
    /// How long a caller waits for Redis, connecting included.
    pub const TIMEOUT: Duration = Duration::from_millis(50);

    /// State in the Redis at `url`; see [`InvalidRedisUrl`] for what it may be. Connects when it is first needed.
    pub fn connect(url: &SecretString) -> Result<Self, InvalidRedisUrl> {
        let connections = Connections::new(url::parse(url.expose_secret())?);
        Ok(Self { connections, script: Script::default(), timeout: Self::TIMEOUT })
    }

    /// The same with another deadline.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same with limits that go by `clock` instead of the server's own, which is one for all processes. For tests.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { script: Script::by(clock), ..self }
    }

    /// Sends one command: one round trip, or an error before the deadline.
    async fn run<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        self.with_connection(async |connection| connection.run(command).await).await
    }

    /// Does what `with` does, or fails before the deadline. A connection it fails on is used no more.
    async fn with_connection<T>(
        &self,
        with: impl AsyncFnOnce(&Connection) -> Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        let mut used = None;
        let answer = async {
            let connection = used.insert(self.connections.get().await?);
            // Whatever Redis says instead of an answer (loading, read-only, out of memory), it is of no use just now.
            with(connection).await.map_err(StoreError::unavailable)
        };
        let late = |_| Err(StoreError::unavailable(format!("Redis gave no answer in {:?}", self.timeout)));
        let result = tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(late);
        if let (Err(_), Some(used)) = (&result, used) {
            // It may be dead without knowing it.
            self.connections.forget(&used);
        }
        result
    }
}
