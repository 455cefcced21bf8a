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

/// How many connections may be open at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// At all listeners of a process.
    pub total: usize,
    /// From one address (IPv6: a /64 network), unless a trusted proxy or another service connects from there.
    pub per_address: usize,
}

/// The connections that are open at all listeners of a process.
///
/// Where a limit is reached, a new connection takes the place of the one whose client has kept the server waiting
/// longest: a client that is idle, does not finish its request, or does not read its answer. A limit per address thus
/// holds back one client and no other one at the same address. If the server waits for none of them, since it works on
/// a request of each, the new connection is closed at once.
#[derive(Clone)]
pub struct Connections {
    shared: Arc<Shared>,
    proxies: TrustedProxies,
    is_internal: bool,
}

struct Shared {
    limits: ConnectionLimits,
    began: Instant,
    table: Mutex<Table>,
    metrics: HttpMetrics,
    /// One for each [`CloseReason`].
    log: [LogThrottle; 3],
}

#[derive(Default)]
struct Table {
    by_network: HashMap<Network, Vec<Arc<State>>>,
    open: usize,
}

/// What the table, the connection's task and the request that is in work on it share. All but `waiting_since`,
/// `is_closed` and `task` are used by the connection's own thread alone.
pub(super) struct State {
    /// When the table was made.
    began: Instant,
    /// Since when the server waits for the client, in nanoseconds since the table was made; [`NOT_WAITING`] while it
    /// works on a request.
    waiting_since: AtomicU64,
    is_closed: AtomicBool,
    task: AtomicWaker,
    /// A request is in work: its head has arrived, and its response is not finished.
    is_active: AtomicBool,
    /// The handler of that request waits for its body.
    is_body_awaited: AtomicBool,
    /// Bytes of that body that were not read yet; [`UNKNOWN`] if its length is.
    body_left: AtomicUsize,
    /// What still arrives is the body of a request that has its response. actix discards it and then closes.
    is_discarding: AtomicBool,
    /// Bytes of the next head that were read.
    head_length: AtomicUsize,
    /// The connection's task read nothing although there may be input, and must be woken once it may.
    is_withheld: AtomicBool,
}

/// What the connection's task may read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Input {
    /// The head of a request, of at most this many bytes.
    Head { room: usize },
    /// The body of the request in work; `left` bytes of it if its length is known.
    Body { left: Option<usize> },
    /// The rest of a request that has its response.
    Discarded,
    /// Nothing, until [`State::release`].
    Withheld,
}

const NOT_WAITING: u64 = u64::MAX;
const UNKNOWN: usize = usize::MAX;
/// How long the head of a request may be, in bytes. actix would buffer 128 KiB of one that is not finished.
pub(super) const HEAD_LIMIT: usize = 16 * 1024;
/// How much longer than others an answered client may keep the server waiting, in nanoseconds.
const GRACE: u64 = 30_000_000_000;

/// Why the server closed a connection that its client would have kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum CloseReason {
    /// To make room for another one.
    Reclaimed,
    /// Since there was no room.
    Refused,
    /// Since its client did not read.
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
    /// No connections yet, at most so many, counted in `metrics`.
    pub fn new(limits: ConnectionLimits, metrics: HttpMetrics) -> Self {
        let shared =
            Shared { limits, began: Instant::now(), table: Mutex::default(), metrics, log: Default::default() };
        Self { shared: Arc::new(shared), proxies: TrustedProxies::default(), is_internal: false }
    }

    /// The same connections, for a listener behind these proxies: only the total limits theirs.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// The same connections, for a listener that other services call, each from one address: only the total limits
    /// theirs.
    #[must_use]
    pub fn internal(self) -> Self {
        Self { is_internal: true, ..self }
    }

    /// How many may be open.
    pub fn limits(&self) -> ConnectionLimits {
        self.shared.limits
    }

    /// How many connections are open. Once a server drains, idle ones are closed: each that is left has a request
    /// whose answer is not finished.
    pub fn open(&self) -> usize {
        self.shared.table().open
    }

    /// Adds a connection that was accepted from `peer`, unless there is no room for it.
    pub(super) fn enter(&self, peer: IpAddr) -> Option<Connection> {
        let shared = &self.shared;
        let network = Network::of(Some(peer));
        let is_exempt = self.is_internal || self.proxies.trusts(peer);
        let state = Arc::new(State::new(shared.began));
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

    /// Counts a connection that was closed, and logs the first of its kind in a minute: clients cause them at will.
    fn report(&self, reason: CloseReason, network: Network) {
        self.metrics.connections_closed.with_label_values(&[reason.label()]).inc();
        let now = i64::try_from(self.began.elapsed().as_secs()).unwrap_or(i64::MAX);
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

    /// Removes the connection for which the server has waited longest: in `network`, or else in that which has most
    /// connections of all that have one to wait for.
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
    fn new(began: Instant) -> Self {
        let state = Self {
            began,
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

    /// Nanoseconds since the table was made.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(NOT_WAITING - 1)
    }

    /// From now on the server waits for the client.
    pub(super) fn mark_waiting(&self) {
        self.waiting_since.store(self.now(), Ordering::Relaxed);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting_since.load(Ordering::Relaxed) != NOT_WAITING
    }

    /// The server no longer waits for the client: it goes on with the request, or waits for the next one. A client that
    /// has its response counts as waited for [`GRACE`] later than others, so that a client in the middle of its work
    /// keeps its connection.
    pub(super) fn resume(&self) {
        let since = if self.is_active.load(Ordering::Relaxed) { NOT_WAITING } else { self.now() + GRACE };
        self.waiting_since.store(since, Ordering::Relaxed);
    }

    /// The head of a request has arrived. `body` is the length of its body in bytes, if it is known.
    pub(super) fn begin_request(&self, body: Option<usize>) {
        self.is_active.store(true, Ordering::Relaxed);
        self.is_body_awaited.store(false, Ordering::Relaxed);
        self.body_left.store(body.unwrap_or(UNKNOWN), Ordering::Relaxed);
        self.is_discarding.store(false, Ordering::Relaxed);
        self.head_length.store(0, Ordering::Relaxed);
        self.resume();
    }

    /// The handler of the request waits for more of its body.
    pub(super) fn await_body(&self) {
        if !self.is_body_awaited.swap(true, Ordering::Relaxed) {
            self.mark_waiting();
            self.release();
        }
    }

    /// The handler of the request has what it waited for.
    pub(super) fn end_wait(&self) {
        if self.is_body_awaited.swap(false, Ordering::Relaxed) {
            self.resume();
        }
    }

    /// The response to the request is finished. `is_discarding`: the request is not.
    pub(super) fn end_request(&self, is_discarding: bool) {
        self.is_active.store(false, Ordering::Relaxed);
        self.is_discarding.store(is_discarding, Ordering::Relaxed);
        self.resume();
        self.release();
    }

    /// What may be read now.
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

    /// These many bytes of the input were read.
    pub(super) fn count_read(&self, bytes: usize) {
        match self.input() {
            Input::Head { .. } => {
                self.head_length.fetch_add(bytes, Ordering::Relaxed);
            }
            Input::Body { left: Some(left) } => self.body_left.store(left.saturating_sub(bytes), Ordering::Relaxed),
            Input::Body { left: None } | Input::Discarded | Input::Withheld => {}
        }
    }

    /// The connection's task reads nothing until [`Self::release`].
    pub(super) fn withhold(&self) {
        self.is_withheld.store(true, Ordering::Relaxed);
    }

    /// Wakes the connection's task if it withheld its reading.
    pub(super) fn release(&self) {
        if self.is_withheld.swap(false, Ordering::Relaxed) {
            self.task.wake();
        }
    }
}

/// One open connection; in the table until it is dropped, or closed to make room.
pub(super) struct Connection {
    shared: Arc<Shared>,
    network: Network,
    state: Arc<State>,
}

impl Connection {
    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Whether the connection must end to make room. If that is asked of it later, the task of `cx` is woken.
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
