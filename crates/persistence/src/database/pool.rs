use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection;
use r2d2::ManageConnection;
use steward_domain::ports::StoreError;

use super::DatabaseSettings;
use crate::failure::Failure;

/// A pool of connections of one kind.
pub(crate) type Pool<C> = r2d2::Pool<Manager<C>>;

/// A connection that was idle for longer is pinged before it is used. This detects a restarted server, and costs
/// nothing under load.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

/// The state of a connection pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// The number of open connections.
    pub open: u32,
    /// The number of open connections that are not in use.
    pub idle: u32,
    /// The maximum number of open connections.
    pub max: u32,
}

impl PoolState {
    pub(super) fn of<C: R2D2Connection + Send + 'static>(pool: &Pool<C>) -> Self {
        let state = pool.state();
        Self { open: state.connections, idle: state.idle_connections, max: pool.max_size() }
    }

    /// The number of connections in use.
    pub fn in_use(&self) -> u32 {
        self.open.saturating_sub(self.idle)
    }
}

/// Opens a connection and sets it up.
pub(super) type Open<C> = Box<dyn Fn() -> Result<C, diesel::r2d2::Error> + Send + Sync>;

/// Opens connections, and discards broken ones.
pub(crate) struct Manager<C> {
    open: Open<C>,
    lock_timeout: Duration,
}

/// A connection with the state that its manager needs.
pub(crate) struct Pooled<C> {
    connection: C,
    last_used: Instant,
    is_broken: bool,
    lock_timeout: Duration,
}

impl<C: R2D2Connection + Send + 'static> ManageConnection for Manager<C> {
    type Connection = Pooled<C>;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled<C>, Self::Error> {
        let (connection, lock_timeout) = ((self.open)()?, self.lock_timeout);
        Ok(Pooled { connection, last_used: Instant::now(), is_broken: false, lock_timeout })
    }

    fn is_valid(&self, pooled: &mut Pooled<C>) -> Result<(), Self::Error> {
        if pooled.last_used.elapsed() > PING_AFTER_IDLE {
            pooled.connection.ping().map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(())
    }

    // After a panic a transaction may be open, which the next user of the connection must not continue.
    fn has_broken(&self, pooled: &mut Pooled<C>) -> bool {
        pooled.is_broken || std::thread::panicking() || pooled.connection.is_broken()
    }
}

/// A pool that opens connections in the background when they are needed, and one at the start.
pub(super) fn create_pool<C: R2D2Connection + Send + 'static>(
    settings: &DatabaseSettings,
    size: u32,
    open: Open<C>,
) -> Pool<C> {
    r2d2::Pool::builder()
        .max_size(size.max(1))
        .min_idle(Some(1))
        .connection_timeout(settings.pool_timeout)
        // A caller that waits for a connection gets the error, so failed attempts are not logged.
        .error_handler(Box::new(r2d2::NopErrorHandler))
        .build_unchecked(Manager { open, lock_timeout: settings.lock_timeout() })
}

/// Runs `body` with a connection of the pool, and discards the connection if a failure shows that it is broken.
pub(crate) fn lend<C, T, E>(pool: &Pool<C>, body: impl FnOnce(&mut C) -> Result<T, Failure<E>>) -> Result<T, Failure<E>>
where
    C: R2D2Connection + Send + 'static,
    E: From<StoreError>,
{
    let mut pooled = pool.get().map_err(StoreError::unavailable)?;
    let start = Instant::now();
    let outcome = body(&mut pooled.connection);
    let outcome = outcome.map_err(|failure| failure.after(start.elapsed(), pooled.lock_timeout));
    pooled.last_used = Instant::now();
    pooled.is_broken = outcome.as_ref().is_err_and(Failure::breaks_connection);
    outcome
}
