use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{self, aio::MultiplexedConnection};
use deadpool_redis::{Config, Pool, Runtime};
use secrecy::{ExposeSecret, SecretString};
use steward_domain::ports::{ReplayGuard, StoreError};

/// Connections that may be opened at once, after one has died.
const CONNECTIONS: usize = 4;

/// Longest lifetime of a key, in milliseconds (some 300 years); Redis refuses what overflows its clock, and nothing.
const LONGEST: u64 = 10_000_000_000_000;

/// State in Redis, shared by every process that uses the same one.
///
/// deadpool makes and checks the connections. It checks with a PING at every checkout, which doubles the round trips;
/// so one connection, once checked, carries everybody's commands at the same time (Redis answers in order) until one
/// of them fails, and then the pool is asked for another.
pub struct Redis {
    pool: Pool,
    connection: Mutex<Option<MultiplexedConnection>>,
    timeout: Duration,
}

/// A URL that does not name a Redis. Does not quote it: it may hold a password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("must be redis://[user:password@]host[:port][/database]: {0}")]
pub struct InvalidRedisUrl(String);

impl Redis {
    /// How long a caller waits for Redis, connecting included.
    pub const TIMEOUT: Duration = Duration::from_millis(50);

    /// State in the Redis at `redis://[user:password@]host[:port][/database]`. Connects when it is first needed.
    pub fn connect(url: &SecretString) -> Result<Self, InvalidRedisUrl> {
        if url.expose_secret().starts_with("rediss://") {
            return Err(InvalidRedisUrl("TLS is not built in".into()));
        }
        let refused = |error: &dyn std::error::Error| InvalidRedisUrl(error.to_string());
        let pool = Config::from_url(url.expose_secret())
            .builder()
            .map_err(|error| refused(&error))?
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| refused(&error))?;
        Ok(Self { pool, connection: Mutex::new(None), timeout: Self::TIMEOUT })
    }

    /// The same with another deadline.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Asks Redis for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.run(&redis::cmd("PING")).await.map(|_: String| ())
    }

    /// Sends one command: one round trip, or an error before the deadline.
    async fn run<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, StoreError> {
        let answer = async {
            let mut connection = self.connection().await?;
            // Whatever Redis says instead of an answer (loading, read-only, out of memory), it is of no use just now.
            command.query_async(&mut connection).await.map_err(StoreError::unavailable)
        };
        let late = |_| Err(StoreError::unavailable(format!("Redis gave no answer in {:?}", self.timeout)));
        let result = tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(late);
        if result.is_err() {
            // The connection may be dead without knowing it, so whoever comes next has the pool look.
            self.keep(None);
        }
        result
    }

    async fn connection(&self) -> Result<MultiplexedConnection, StoreError> {
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(connection) = kept {
            return Ok(connection);
        }
        let checked_out = self.pool.get().await.map_err(StoreError::unavailable)?;
        let connection = MultiplexedConnection::clone(&checked_out);
        self.keep(Some(connection.clone()));
        Ok(connection)
    }

    fn keep(&self, connection: Option<MultiplexedConnection>) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

#[async_trait]
impl ReplayGuard for Redis {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        let milliseconds = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, LONGEST);
        let mut command = redis::cmd("SET");
        command.arg(format!("steward:replay:{nonce}")).arg(1).arg("NX").arg("PX").arg(milliseconds);
        // It answers OK, or nothing where the key was there.
        self.run(&command).await.map(|answer: Option<String>| answer.is_some())
    }
}
