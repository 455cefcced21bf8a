use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection;
use r2d2::ManageConnection;
use steward_domain::ports::StoreError;

use super::DatabaseSettings;
use crate::failure::Failure;

/// A pool of connections of one kind.
pub(crate) type Pool<C> = r2d2::Pool<Manager<C>>;

/// A connection that was idle for longer than this is asked for a sign of life before it is used: often enough to
/// notice a restarted server, seldom enough to cost a busy one nothing.
const TRUSTED: Duration = Duration::from_secs(1);

/// How busy a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections that are open.
    pub open: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// Most that may be open.
    pub max: u32,
}

impl PoolState {
    pub(super) fn of<C: R2D2Connection + Send + 'static>(pool: &Pool<C>) -> Self {
        let state = pool.state();
        Self { open: state.connections, idle: state.idle_connections, max: pool.max_size() }
    }

    /// Connections that somebody uses.
    pub fn in_use(&self) -> u32 {
        self.open.saturating_sub(self.idle)
    }
}

/// Opens a connection and makes it ready for use.
pub(super) type Open<C> = Box<dyn Fn() -> Result<C, diesel::r2d2::Error> + Send + Sync>;

/// Opens connections, and knows which are good.
pub(crate) struct Manager<C> {
    open: Open<C>,
    lock_timeout: Duration,
}

/// A connection with what its manager knows of it.
pub(crate) struct Pooled<C> {
    connection: C,
    last_used: Instant,
    spoiled: bool,
    lock_timeout: Duration,
}

impl<C: R2D2Connection + Send + 'static> ManageConnection for Manager<C> {
    type Connection = Pooled<C>;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled<C>, Self::Error> {
        let (connection, lock_timeout) = ((self.open)()?, self.lock_timeout);
        Ok(Pooled { connection, last_used: Instant::now(), spoiled: false, lock_timeout })
    }

    fn is_valid(&self, pooled: &mut Pooled<C>) -> Result<(), Self::Error> {
        if pooled.last_used.elapsed() > TRUSTED {
            pooled.connection.ping().map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(())
    }

    // A transaction that a panic left open must not become the next one's.
    fn has_broken(&self, pooled: &mut Pooled<C>) -> bool {
        pooled.spoiled || std::thread::panicking() || pooled.connection.is_broken()
    }
}

/// A pool that opens connections in the background as they are needed, and at first none but one.
pub(super) fn pool<C: R2D2Connection + Send + 'static>(
    settings: &DatabaseSettings,
    size: u32,
    open: Open<C>,
) -> Pool<C> {
    r2d2::Pool::builder()
        .max_size(size.max(1))
        .min_idle(Some(1))
        .connection_timeout(settings.pool_timeout)
        // Whoever waits for a connection is told the reason; attempts in between are nobody's news.
        .error_handler(Box::new(r2d2::NopErrorHandler))
        .build_unchecked(Manager { open, lock_timeout: settings.lock_timeout() })
}

/// Lends a connection to `body`, and throws it away afterwards if it proved to be dead.
pub(crate) fn lend<C, T, E>(pool: &Pool<C>, body: impl FnOnce(&mut C) -> Result<T, Failure<E>>) -> Result<T, Failure<E>>
where
    C: R2D2Connection + Send + 'static,
    E: From<StoreError>,
{
    let mut pooled = pool.get().map_err(StoreError::unavailable)?;
    let began = Instant::now();
    let outcome = body(&mut pooled.connection);
    let outcome = outcome.map_err(|failure| failure.after(began.elapsed(), pooled.lock_timeout));
    pooled.last_used = Instant::now();
    pooled.spoiled = outcome.as_ref().is_err_and(Failure::spoils_the_connection);
    outcome
}
