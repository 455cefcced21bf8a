use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The connections that are open at all listeners of a process.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<AtomicUsize>);

impl Connections {
    /// How many connections are open. Once a server drains, idle ones are closed: each that is left has a request
    /// whose answer is not finished.
    pub fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn enter(&self) -> Connection {
        self.0.fetch_add(1, Ordering::Relaxed);
        Connection(self.clone())
    }
}

/// One open connection, counted until it is dropped.
pub(super) struct Connection(Connections);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
