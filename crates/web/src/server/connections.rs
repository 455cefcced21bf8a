use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;
use steward_domain::lockout::Network;
use tokio::time::Instant;

use crate::metrics::HttpMetrics;
use crate::{LogThrottle, TrustedProxies};

/// The limits of concurrently open connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// The limit over all listeners of a process.
    pub total: usize,
    /// The limit per client address (IPv6: per /64 network). Trusted proxies and other services are exempt.
    pub per_address: usize,
}

/// The open connections of all listeners of a process.
///
/// At a limit, a new connection replaces the one whose client has kept the server waiting longest. Such a client is
/// idle, has not finished its request, or does not read the response. A limit per address thus affects one client, and
/// not others at the same address.
///
/// If the server works on a request of every connection, it closes the new connection at once.
#[derive(Clone)]
pub struct Connections {
    shared: Arc<Shared>,
    proxies: TrustedProxies,
    is_internal: bool,
}

struct Shared {
    limits: ConnectionLimits,
    created_at: Instant,
    table: Mutex<Table>,
    metrics: HttpMetrics,
    /// One throttle for each [`CloseReason`].
    log: [LogThrottle; 3],
}

#[derive(Default)]
struct Table {
    by_network: HashMap<Network, Vec<Arc<State>>>,
    open: usize,
}

/// The state that the table, the connection's task and the active request share.
///
/// Only the connection's own thread uses the fields other than `waiting_since`, `is_closed` and `task`.
pub(super) struct State {
    /// The creation time of the table.
    created_at: Instant,
    /// The time since when the server waits for the client, in nanoseconds since the creation of the table.
    /// [`NOT_WAITING`] while the server works on a request.
    waiting_since: AtomicU64,
    is_closed: AtomicBool,
    task: AtomicWaker,
    /// Whether a request is active: its head has arrived, and its response is not finished.
    is_active: AtomicBool,
    /// Whether the handler of the active request waits for its body.
    is_body_awaited: AtomicBool,
    /// The unread bytes of that body; [`UNKNOWN`] if its length is unknown.
    body_left: AtomicUsize,
    /// Whether further input is the body of a request with a finished response. actix discards this input and then
    /// closes.
    is_discarding: AtomicBool,
    /// The bytes read of the next head.
    head_length: AtomicUsize,
    /// Whether the connection's task withheld a read, and must be woken when it may read.
    is_withheld: AtomicBool,
}

/// The input that the connection's task may read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input {
    /// The head of a request, of at most `room` more bytes.
    Head { room: usize },
    /// The body of the active request; `left` is its remaining length, if known.
    Body { left: Option<usize> },
    /// The rest of a request with a finished response.
    Discarded,
    /// No input, until [`State::release`].
    Withheld,
}

const NOT_WAITING: u64 = u64::MAX;
const UNKNOWN: usize = usize::MAX;
/// The maximum length of a request head, in bytes. actix would buffer up to 128 KiB of an unfinished head.
pub(super) const HEAD_LIMIT: usize = 16 * 1024;
/// The extra time before the connection of a client with a finished response counts as waiting, in nanoseconds.
const GRACE: u64 = 30_000_000_000;

/// The reason why the server closed a connection before its client did.
#[derive(Debug, Clone, Copy)]
pub(super) enum CloseReason {
    /// To make room for another connection.
    Reclaimed,
    /// For lack of room.
    Refused,
    /// The client did not read.
    WriteStalled,
}

impl CloseReason {
    fn label(self) -> &'static str {
        match self {
            Self::Reclaimed => "reclaimed",
            Self::Refused => "refused",
            Self::WriteStalled => "write_stalled",
        }
    }
}

impl Connections {
    /// Creates an empty table with these limits, counted in `metrics`.
    pub fn new(limits: ConnectionLimits, metrics: HttpMetrics) -> Self {
        let shared =
            Shared { limits, created_at: Instant::now(), table: Mutex::default(), metrics, log: Default::default() };
        Self { shared: Arc::new(shared), proxies: TrustedProxies::default(), is_internal: false }
    }

    /// Returns the same connections for a listener behind these proxies. Only the total limits connections of the
    /// proxies.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// Returns the same connections for a listener that only other services call. Each calls from one address, so only
    /// the total limits them.
    #[must_use]
    pub fn internal(self) -> Self {
        Self { is_internal: true, ..self }
    }

    /// Returns the limits.
    pub fn limits(&self) -> ConnectionLimits {
        self.shared.limits
    }

    /// Returns the number of open connections. A draining server closes idle connections, so each remaining one has an
    /// unfinished response.
    pub fn open(&self) -> usize {
        self.shared.table().open
    }

    /// Adds a connection accepted from `peer`. Returns `None` if there is no room.
    pub(super) fn enter(&self, peer: IpAddr) -> Option<Connection> {
        let shared = &self.shared;
        let network = Network::of(Some(peer));
        let is_exempt = self.is_internal || self.proxies.trusts(peer);
        let state = Arc::new(State::new(shared.created_at));
        let mut table = shared.table();
        let (is_full, among) = if !is_exempt && table.count(network) >= shared.limits.per_address {
            (true, Some(network))
        } else {
            (table.open >= shared.limits.total, None)
        };
        let reclaimed = if is_full { table.take_longest_waiting(among) } else { None };
        if is_full && reclaimed.is_none() {
            drop(table);
            shared.report(CloseReason::Refused, network);
            return None;
        }
        table.insert(network, Arc::clone(&state));
        drop(table);
        if let Some(reclaimed) = reclaimed {
            reclaimed.is_closed.store(true, Ordering::Release);
            reclaimed.task.wake();
            shared.report(CloseReason::Reclaimed, network);
        }
        shared.metrics.connections.inc();
        Some(Connection { shared: Arc::clone(shared), network, state })
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a closed connection. Logs the first one of each reason per minute, because clients can cause them at
    /// will.
    fn report(&self, reason: CloseReason, network: Network) {
        self.metrics.connections_closed.with_label_values(&[reason.label()]).inc();
        let now = i64::try_from(self.created_at.elapsed().as_secs()).unwrap_or(i64::MAX);
        if self.log[reason as usize].is_due(now) {
            let ConnectionLimits { total, per_address } = self.limits;
            tracing::warn!(reason = reason.label(), %network, total, per_address, "closed a connection");
        }
    }
}

impl Table {
    fn count(&self, network: Network) -> usize {
        self.by_network.get(&network).map_or(0, Vec::len)
    }

    fn insert(&mut self, network: Network, state: Arc<State>) {
        self.by_network.entry(network).or_default().push(state);
        self.open += 1;
    }

    /// Removes the connection that has kept the server waiting longest, in `network` if given.
    ///
    /// Otherwise selects the network with most connections among those with a waiting connection.
    fn take_longest_waiting(&mut self, network: Option<Network>) -> Option<Arc<State>> {
        let longest = |(network, all): (&Network, &Vec<Arc<State>>)| {
            let waiting = all.iter().map(|state| state.waiting_since.load(Ordering::Relaxed)).enumerate();
            let (index, since) = waiting.min_by_key(|(_, since)| *since).filter(|(_, since)| *since != NOT_WAITING)?;
            Some((all.len(), u64::MAX - since, *network, index))
        };
        let (.., network, index) = match network {
            Some(network) => self.by_network.get_key_value(&network).and_then(longest)?,
            None => self.by_network.iter().filter_map(longest).max_by_key(|(count, waited, ..)| (*count, *waited))?,
        };
        self.remove(network, |_| Some(index))
    }

    fn remove(&mut self, network: Network, find: impl FnOnce(&[Arc<State>]) -> Option<usize>) -> Option<Arc<State>> {
        let all = self.by_network.get_mut(&network)?;
        let removed = all.swap_remove(find(all)?);
        if all.is_empty() {
            self.by_network.remove(&network);
        }
        self.open -= 1;
        Some(removed)
    }
}

impl State {
    fn new(created_at: Instant) -> Self {
        let state = Self {
            created_at,
            waiting_since: AtomicU64::default(),
            is_closed: AtomicBool::default(),
            task: AtomicWaker::default(),
            is_active: AtomicBool::default(),
            is_body_awaited: AtomicBool::default(),
            body_left: AtomicUsize::default(),
            is_discarding: AtomicBool::default(),
            head_length: AtomicUsize::default(),
            is_withheld: AtomicBool::default(),
        };
        state.mark_waiting();
        state
    }

    /// Returns the nanoseconds since the creation of the table.
    fn now(&self) -> u64 {
        u64::try_from(self.created_at.elapsed().as_nanos()).unwrap_or(NOT_WAITING - 1)
    }

    /// Marks the start of a wait for the client.
    pub(super) fn mark_waiting(&self) {
        self.waiting_since.store(self.now(), Ordering::Relaxed);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting_since.load(Ordering::Relaxed) != NOT_WAITING
    }

    /// Marks the end of a wait for the client: it reads again, or the input that the server waited for has arrived.
    ///
    /// The wait of a client with a finished response starts [`GRACE`] later, so that an active client keeps its
    /// connection.
    pub(super) fn resume(&self) {
        let since = match self.input() {
            Input::Withheld => NOT_WAITING,
            Input::Body { .. } => self.now(),
            Input::Head { .. } | Input::Discarded => self.now() + GRACE,
        };
        self.waiting_since.store(since, Ordering::Relaxed);
    }

    /// Marks the arrival of a request head. `body` is the length of the body in bytes, if known.
    pub(super) fn begin_request(&self, body: Option<usize>) {
        self.is_active.store(true, Ordering::Relaxed);
        self.is_body_awaited.store(false, Ordering::Relaxed);
        self.body_left.store(body.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.is_discarding.store(false, Ordering::Relaxed);
        self.head_length.store(0, Ordering::Relaxed);
        self.resume();
    }

    /// Marks that the handler of the request waits for more of the body.
    pub(super) fn await_body(&self) {
        if !self.is_body_awaited.swap(true, Ordering::Relaxed) {
            self.mark_waiting();
            self.release();
        }
    }

    /// Marks that the handler has received its input.
    pub(super) fn end_wait(&self) {
        if self.is_body_awaited.swap(false, Ordering::Relaxed) {
            self.resume();
        }
    }

    /// Marks the end of the response. `is_discarding` is true if the request is unfinished.
    pub(super) fn end_request(&self, is_discarding: bool) {
        self.is_active.store(false, Ordering::Relaxed);
        self.is_discarding.store(is_discarding, Ordering::Relaxed);
        self.resume();
        self.release();
    }

    /// Returns the input that may be read now.
    pub(super) fn input(&self) -> Input {
        if !self.is_active.load(Ordering::Relaxed) {
            if self.is_discarding.load(Ordering::Relaxed) {
                return Input::Discarded;
            }
            return Input::Head { room: HEAD_LIMIT.saturating_sub(self.head_length.load(Ordering::Relaxed)) };
        }
        if !self.is_body_awaited.load(Ordering::Relaxed) {
            return Input::Withheld;
        }
        let left = self.body_left.load(Ordering::Relaxed);
        Input::Body { left: (left != UNKNOWN).then_some(left) }
    }

    /// Counts bytes that were read.
    pub(super) fn count_read(&self, bytes: usize) {
        match self.input() {
            Input::Head { .. } => {
                self.head_length.fetch_add(bytes, Ordering::Relaxed);
            }
            Input::Body { left: Some(left) } => self.body_left.store(left.saturating_sub(bytes), Ordering::Relaxed),
            Input::Body { left: None } | Input::Discarded | Input::Withheld => {}
        }
    }

    /// Marks that the connection's task reads nothing until [`Self::release`].
    pub(super) fn withhold(&self) {
        self.is_withheld.store(true, Ordering::Relaxed);
    }

    /// Wakes the connection's task if it withheld a read.
    pub(super) fn release(&self) {
        if self.is_withheld.swap(false, Ordering::Relaxed) {
            self.task.wake();
        }
    }
}

/// An open connection. It stays in the table until it is dropped or closed to make room.
pub(super) struct Connection {
    shared: Arc<Shared>,
    network: Network,
    state: Arc<State>,
}

impl Connection {
    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Whether the connection must end to make room. Otherwise registers the task of `cx` to be woken when it must.
    pub(super) fn is_closed(&self, cx: &Context<'_>) -> bool {
        self.state.task.register(cx.waker());
        self.state.is_closed.load(Ordering::Acquire)
    }

    pub(super) fn report(&self, reason: CloseReason) {
        self.shared.report(reason, self.network);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.metrics.connections.dec();
        let find = |all: &[Arc<State>]| all.iter().position(|state| Arc::ptr_eq(state, &self.state));
        self.shared.table().remove(self.network, find);
    }
}

#[cfg(test)]
mod tests;
