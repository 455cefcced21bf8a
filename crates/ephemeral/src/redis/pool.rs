use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError};
use deadpool_redis::{cluster, sentinel};
use steward_domain::ports::StoreError;

/// Maximum number of connections that are being opened concurrently.
pub(super) const CONNECTIONS: usize = 4;

/// A pool for each kind of deployment.
#[derive(Clone)]
pub(super) enum Pool {
    /// One server.
    One(deadpool_redis::Pool),
    /// The primary, whose address the sentinels know.
    Sentinel(sentinel::Pool),
    /// A cluster, whose nodes know each other.
    Cluster(cluster::Pool),
}

/// A connection that carries concurrent commands.
pub(super) enum Connection {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Pool {
    /// Opens a connection and removes it from the pool. The pool would hand it to another runtime, whose commands would
    /// then wait for this runtime.
    pub(super) async fn open(&self) -> Result<Connection, StoreError> {
        match self {
            Self::One(pool) => {
                let connection = pool.get().await.map_err(StoreError::unavailable)?;
                Ok(Connection::Node(deadpool_redis::Connection::take(connection)))
            }
            Self::Sentinel(pool) => {
                let connection = pool.get().await.map_err(StoreError::unavailable)?;
                Ok(Connection::Node(sentinel::Connection::take(connection)))
            }
            Self::Cluster(pool) => {
                let connection = pool.get().await.map_err(StoreError::unavailable)?;
                Ok(Connection::Cluster(cluster::Connection::take(connection)))
            }
        }
    }
}

impl Connection {
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        // The clone shares the connection.
        match self {
            Self::Node(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }
}
