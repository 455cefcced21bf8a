use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use steward_domain::ports::StoreError;
use tokio::runtime::{Handle, Id};
use tokio::sync::OwnedMutexGuard;

use super::pool::{Connection, Pool};

/// How long a connection may be in the making: an attempt takes a second at most, and the first sentinels that are
/// asked may be as dead as the primary.
const OPENING: Duration = Duration::from_secs(5);

/// One connection for each runtime, which with actix is each worker thread.
///
/// It carries everybody's commands at the same time (Redis answers in order), so nobody waits for a checkout; and it is
/// driven by the runtime whose commands it carries, so nobody waits for another thread.
pub(super) struct Connections {
    pool: Pool,
    of_runtimes: Mutex<HashMap<Id, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    connection: Mutex<Option<Arc<Connection>>>,
    /// Held while a connection is in the making.
    opening: Arc<tokio::sync::Mutex<()>>,
}

impl Connections {
    pub(super) fn new(pool: Pool) -> Arc<Self> {
        Arc::new(Self { pool, of_runtimes: Mutex::default() })
    }

    /// The connection of the runtime that asks.
    pub(super) async fn get(self: &Arc<Self>) -> Result<Arc<Connection>, StoreError> {
        let slot = self.slot();
        if let Some(connection) = slot.connection().clone() {
            return Ok(connection);
        }
        if let Ok(turn) = Arc::clone(&slot.opening).try_lock_owned() {
            // In a task of its own: whoever asked stops waiting at their deadline, and what takes longer than that
            // (another network, TLS, a sentinel that is dead) is there for those who come later.
            let opened = tokio::spawn(Arc::clone(self).open(Arc::clone(&slot), turn)).await;
            return opened.unwrap_or_else(|error| Err(StoreError::unavailable(error)));
        }
        drop(slot.opening.lock().await);
        slot.connection().clone().ok_or_else(|| StoreError::unavailable("Redis could not be connected to"))
    }

    /// Has nobody use this connection any more. One that was opened in its place since stays.
    pub(super) fn forget(&self, connection: &Arc<Connection>) {
        let slot = self.slot();
        let mut kept = slot.connection();
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, connection)) {
            *kept = None;
        }
    }

    async fn open(self: Arc<Self>, slot: Arc<Slot>, _turn: OwnedMutexGuard<()>) -> Result<Arc<Connection>, StoreError> {
        let late = |_| Err(StoreError::unavailable(format!("no connection to Redis in {OPENING:?}")));
        let connection = tokio::time::timeout(OPENING, self.pool.open()).await.unwrap_or_else(late)?;
        let connection = Arc::new(connection);
        *slot.connection() = Some(Arc::clone(&connection));
        Ok(connection)
    }

    fn slot(&self) -> Arc<Slot> {
        let mut slots = self.of_runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(Handle::current().id()).or_default())
    }
}

impl Slot {
    fn connection(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
