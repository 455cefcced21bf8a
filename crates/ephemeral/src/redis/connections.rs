use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use steward_domain::ports::StoreError;
use tokio::runtime::{Handle, Id};
use tokio::sync::OwnedMutexGuard;

use super::pool::{Connection, Pool};

/// The deadline for opening a connection. One attempt takes up to a second, and several sentinels may be unreachable
/// besides the primary.
const OPENING: Duration = Duration::from_secs(5);

/// One connection per runtime. In actix, each worker thread has its own runtime.
///
/// A connection carries concurrent commands (Redis responds in order), so callers do not wait for a checkout. Its own
/// runtime drives it, so callers do not wait for another thread.
pub(super) struct Connections {
    pool: Pool,
    slots: Mutex<HashMap<Id, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    connection: Mutex<Option<Arc<Connection>>>,
    /// Locked while a connection is being opened.
    opening: Arc<tokio::sync::Mutex<()>>,
}

impl Connections {
    pub(super) fn new(pool: Pool) -> Arc<Self> {
        Arc::new(Self { pool, slots: Mutex::default() })
    }

    /// Returns the connection of the current runtime.
    pub(super) async fn get(self: &Arc<Self>) -> Result<Arc<Connection>, StoreError> {
        let slot = self.slot();
        if let Some(connection) = slot.connection().clone() {
            return Ok(connection);
        }
        if let Ok(guard) = Arc::clone(&slot.opening).try_lock_owned() {
            // This is a separate task, because the caller stops waiting at its deadline. A connection that takes longer
            // (over a distant network, with TLS, or after an unreachable sentinel) is then available to later callers.
            let opened = tokio::spawn(Arc::clone(self).open(Arc::clone(&slot), guard)).await;
            return opened.unwrap_or_else(|error| Err(StoreError::unavailable(error)));
        }
        drop(slot.opening.lock().await);
        slot.connection().clone().ok_or_else(|| StoreError::unavailable("the connection to Redis could not be opened"))
    }

    /// Removes this connection. Keeps a newer one that has replaced it.
    pub(super) fn forget(&self, connection: &Arc<Connection>) {
        let slot = self.slot();
        let mut current = slot.connection();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, connection)) {
            *current = None;
        }
    }

    async fn open(
        self: Arc<Self>,
        slot: Arc<Slot>,
        _guard: OwnedMutexGuard<()>,
    ) -> Result<Arc<Connection>, StoreError> {
        let late = |_| Err(StoreError::unavailable(format!("no connection to Redis in {OPENING:?}")));
        let connection = tokio::time::timeout(OPENING, self.pool.open()).await.unwrap_or_else(late)?;
        let connection = Arc::new(connection);
        *slot.connection() = Some(Arc::clone(&connection));
        Ok(connection)
    }

    fn slot(&self) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(Handle::current().id()).or_default())
    }
}

impl Slot {
    fn connection(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
