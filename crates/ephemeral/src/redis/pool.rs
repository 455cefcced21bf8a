use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::cluster_async::ClusterConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError};
use deadpool_redis::{cluster, sentinel};
use steward_domain::ports::StoreError;

/// Connections that may be in the making at once.
pub(super) const CONNECTIONS: usize = 4;

/// Where Redis is.
pub(super) enum Pool {
    /// A server.
    One(deadpool_redis::Pool),
    /// The primary, which sentinels know the address of.
    Sentinel(sentinel::Pool),
    /// A cluster, which knows its nodes.
    Cluster(cluster::Pool),
}

/// A connection that carries any number of commands at the same time.
pub(super) enum Connection {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Pool {
    /// A new connection, for good: back in the pool it would be given to another runtime, whose commands would wait
    /// for this one to come round to them.
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
        // A copy shares the connection.
        match self {
            Self::Node(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }
}
