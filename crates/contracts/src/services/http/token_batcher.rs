//! Collects the tokens of concurrent requests, and checks them in shared calls to the auth service.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steward_domain::AuthenticatedSession;
use tokio::sync::oneshot;

use super::{CallError, ServiceClient, call::Repeat};
use crate::services::AuthenticateError;
use crate::services::internal::{AUTHENTICATE, AuthenticateRequest, AuthenticateResponse};

/// Maximum number of concurrent calls per process. Tokens that arrive in the meantime wait for the next call.
const MAX_CALLS: usize = 4;
/// The age of the newest call after which another one may start beside it. Sequential calls collect the most tokens, so
/// a concurrent call starts only beside a slow one, or for tokens that did not fit into it.
pub(super) const CALL_DELAY: Duration = Duration::from_millis(2);

/// The waiting tokens of all workers of a process.
#[derive(Clone, Default)]
pub struct TokenBatcher(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    /// Full batches, oldest first.
    full: VecDeque<Batch>,
    /// The newest batch, which is not full.
    latest: Batch,
    /// Workers that are running.
    workers: usize,
    /// Workers that have not taken a batch yet.
    starting: usize,
    /// When the newest worker or call started.
    last_call: Option<Instant>,
}

/// Tokens, each with the callers that wait for its result.
type Batch = HashMap<String, Vec<oneshot::Sender<TokenResult>>>;

pub(super) type TokenResult = Result<AuthenticatedSession, AuthenticateError>;

impl TokenBatcher {
    /// Adds a token and returns the receiver of its result.
    pub(super) fn enqueue(&self, token: &str, client: &Rc<ServiceClient>) -> oneshot::Receiver<TokenResult> {
        let (caller, receiver) = oneshot::channel();
        self.queue().add(token, caller);
        self.start_worker_if_needed(client);
        receiver
    }

    /// Starts a worker on this thread if the waiting tokens need another call.
    pub(super) fn start_worker_if_needed(&self, client: &Rc<ServiceClient>) {
        let mut queue = self.queue();
        if queue.needs_worker() {
            queue.add_worker();
            drop(queue);
            // The worker is a separate task, because the caller may be cancelled while others wait for the same result.
            tokio::task::spawn_local(BatchWorker::new(self.clone()).run(Rc::clone(client)));
        }
    }

    // Every statement leaves the state consistent, so a panic cannot corrupt it.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn add(&mut self, token: &str, caller: oneshot::Sender<TokenResult>) {
        if let Some(callers) = self.latest.get_mut(token) {
            callers.push(caller);
            return;
        }
        if self.latest.len() == AuthenticateRequest::MAX {
            self.full.push_back(std::mem::take(&mut self.latest));
        }
        self.latest.insert(token.to_owned(), vec![caller]);
    }

    fn needs_worker(&self) -> bool {
        let is_slow = || self.last_call.is_some_and(|started| started.elapsed() >= CALL_DELAY);
        let is_batch_waiting = self.full.len() > self.starting;
        let is_token_waiting = is_batch_waiting || !self.latest.is_empty();
        is_token_waiting && (self.workers == 0 || (self.workers < MAX_CALLS && (is_batch_waiting || is_slow())))
    }

    fn add_worker(&mut self) {
        self.workers += 1;
        self.starting += 1;
        self.last_call = Some(Instant::now());
    }

    /// Removes the oldest batch that still has waiting callers.
    fn take(&mut self) -> Batch {
        loop {
            let mut callers = self.full.pop_front().unwrap_or_else(|| std::mem::take(&mut self.latest));
            let is_last = callers.is_empty();
            callers.retain(|_, callers| callers.iter().any(|caller| !caller.is_closed()));
            if is_last || !callers.is_empty() {
                return callers;
            }
        }
    }
}

/// A task that checks batches until none is left.
struct BatchWorker {
    token_batcher: TokenBatcher,
    /// The tokens of the current call, with the callers of each.
    request: AuthenticateRequest,
    callers: Vec<Vec<oneshot::Sender<TokenResult>>>,
    has_started: bool,
    is_finished: bool,
}

impl BatchWorker {
    fn new(token_batcher: TokenBatcher) -> Self {
        let request = AuthenticateRequest { tokens: Vec::new() };
        Self { token_batcher, request, callers: Vec::new(), has_started: false, is_finished: false }
    }

    async fn run(mut self, client: Rc<ServiceClient>) {
        while self.take_batch() {
            let response = client.post(AUTHENTICATE, &self.request, Repeat::Once).await;
            self.respond(response);
        }
    }

    fn take_batch(&mut self) -> bool {
        let mut queue = self.token_batcher.queue();
        if !self.has_started {
            self.has_started = true;
            queue.starting -= 1;
        }
        (self.request.tokens, self.callers) = queue.take().into_iter().unzip();
        if self.callers.is_empty() {
            // This happens under the lock, so that no token can arrive between this check and the end of the worker.
            queue.workers -= 1;
            self.is_finished = true;
        } else {
            queue.last_call = Some(Instant::now());
        }
        !self.is_finished
    }

    fn respond(&mut self, response: Result<AuthenticateResponse, CallError>) {
        let callers = std::mem::take(&mut self.callers);
        match response {
            Ok(AuthenticateResponse { sessions, unchecked }) if sessions.len() == callers.len() => {
                for (index, (session, callers)) in sessions.into_iter().zip(callers).enumerate() {
                    let result = match session.map(AuthenticatedSession::try_from) {
                        Some(Ok(session)) => Ok(session),
                        Some(Err(error)) => Err(AuthenticateError::Unavailable(error.to_string())),
                        None if unchecked.contains(&index) => {
                            Err(AuthenticateError::Unavailable("the auth service reported no result".to_owned()))
                        }
                        None => Err(AuthenticateError::Invalid),
                    };
                    send_all(callers, &result);
                }
            }
            other => {
                let cause = match other {
                    Ok(_) => "the response has a different number of results than the request has tokens".to_owned(),
                    Err(error) => error.to_string(),
                };
                let result = Err(AuthenticateError::Unavailable(cause));
                send_all(callers.into_iter().flatten(), &result);
            }
        }
    }
}

/// Ends the worker, and returns its tokens to the queue for another worker.
impl Drop for BatchWorker {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        let mut queue = self.token_batcher.queue();
        queue.workers -= 1;
        queue.starting -= usize::from(!self.has_started);
        // A batch that caused a panic must not be tried again. Its callers are notified because their channels close.
        if !self.callers.is_empty() && !std::thread::panicking() {
            let unsent = self.request.tokens.drain(..).zip(self.callers.drain(..)).collect();
            queue.full.push_front(unsent);
        }
    }
}

fn send_all(callers: impl IntoIterator<Item = oneshot::Sender<TokenResult>>, result: &TokenResult) {
    for caller in callers {
        // The caller may have stopped waiting.
        let _ = caller.send(result.clone());
    }
}

#[cfg(test)]
mod tests {
    use oneshot::error::TryRecvError;

    use super::*;

    /// Returns a worker that has started while these tokens wait, and the receivers of their callers.
    fn started_worker(tokens: &[&str]) -> (BatchWorker, Vec<oneshot::Receiver<TokenResult>>) {
        let token_batcher = TokenBatcher::default();
        let receivers = tokens.iter().map(|token| enqueue(&token_batcher, token)).collect();
        token_batcher.queue().add_worker();
        (BatchWorker::new(token_batcher), receivers)
    }

    fn enqueue(token_batcher: &TokenBatcher, token: &str) -> oneshot::Receiver<TokenResult> {
        let (caller, receiver) = oneshot::channel();
        token_batcher.queue().add(token, caller);
        receiver
    }

    fn all_invalid(count: usize) -> AuthenticateResponse {
        AuthenticateResponse { sessions: (0..count).map(|_| None).collect(), unchecked: Vec::new() }
    }

    #[test]
    fn equal_tokens_are_sent_once_and_every_caller_gets_the_result() {
        let (mut worker, receivers) = started_worker(&["a", "b", "a"]);
        assert!(worker.take_batch());
        assert_eq!(worker.request.tokens.len(), 2);
        worker.respond(Ok(all_invalid(2)));
        for mut receiver in receivers {
            assert!(matches!(receiver.try_recv().unwrap(), Err(AuthenticateError::Invalid)));
        }
        assert!(!worker.take_batch());
        assert_eq!(worker.token_batcher.queue().workers, 0);
    }

    #[test]
    fn an_unchecked_token_is_not_reported_as_invalid() {
        let (mut worker, mut receivers) = started_worker(&["a", "b"]);
        assert!(worker.take_batch());
        let a = worker.request.tokens.iter().position(|token| token == "a").unwrap();
        worker.respond(Ok(AuthenticateResponse { unchecked: vec![a], ..all_invalid(2) }));
        assert!(matches!(receivers[0].try_recv().unwrap(), Err(AuthenticateError::Unavailable(_))));
        assert!(matches!(receivers[1].try_recv().unwrap(), Err(AuthenticateError::Invalid)));
    }

    #[test]
    fn a_response_with_a_different_number_of_results_is_an_error() {
        let (mut worker, mut receivers) = started_worker(&["a", "b"]);
        assert!(worker.take_batch());
        worker.respond(Ok(all_invalid(1)));
        assert!(matches!(receivers[0].try_recv().unwrap(), Err(AuthenticateError::Unavailable(_))));
    }

    #[test]
    fn another_worker_starts_if_none_is_running_or_the_newest_call_is_slow() {
        let (mut worker, _receivers) = started_worker(&["a"]);
        let token_batcher = worker.token_batcher.clone();
        assert!(worker.take_batch());
        assert!(!token_batcher.queue().needs_worker(), "no token waits");
        let _receiver = enqueue(&token_batcher, "b");
        assert!(!token_batcher.queue().needs_worker(), "b waits for the next call");
        token_batcher.queue().last_call = Instant::now().checked_sub(CALL_DELAY);
        assert!(token_batcher.queue().needs_worker());
        token_batcher.queue().workers = MAX_CALLS;
        assert!(!token_batcher.queue().needs_worker());
        token_batcher.queue().workers = 1;
        token_batcher.queue().last_call = Some(Instant::now());
        drop(worker);
        assert!(token_batcher.queue().needs_worker());
    }

    #[test]
    fn tokens_that_exceed_a_call_are_sent_in_the_next_ones_in_order() {
        const MAX: usize = AuthenticateRequest::MAX;
        let tokens: Vec<String> = (0..=2 * MAX).map(|n| n.to_string()).collect();
        let (mut worker, _receivers) = started_worker(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
        for (expected, is_batch_waiting) in [(0..MAX, true), (MAX..2 * MAX, false), (2 * MAX..2 * MAX + 1, false)] {
            assert!(worker.take_batch());
            let mut sent: Vec<usize> = worker.request.tokens.iter().map(|token| token.parse().unwrap()).collect();
            sent.sort_unstable();
            assert_eq!(sent, expected.collect::<Vec<_>>());
            assert_eq!(worker.token_batcher.queue().needs_worker(), is_batch_waiting);
            worker.respond(Ok(all_invalid(sent.len())));
        }
        assert!(!worker.take_batch());
    }

    #[test]
    fn tokens_of_cancelled_callers_are_not_sent() {
        let (mut worker, mut receivers) = started_worker(&["a", "b", "a"]);
        receivers.remove(1);
        receivers.remove(0);
        assert!(worker.take_batch());
        assert_eq!(worker.request.tokens, ["a"]);
        worker.respond(Ok(all_invalid(1)));
        drop(enqueue(&worker.token_batcher, "c"));
        assert!(!worker.take_batch());
    }

    #[test]
    fn a_starting_worker_prevents_another_until_it_has_taken_a_batch() {
        let tokens: Vec<String> = (0..=2 * AuthenticateRequest::MAX).map(|n| n.to_string()).collect();
        let (mut worker, mut receivers) = started_worker(&["a"]);
        let token_batcher = worker.token_batcher.clone();
        token_batcher.queue().last_call = Instant::now().checked_sub(CALL_DELAY);
        receivers.extend(tokens.iter().map(|token| enqueue(&token_batcher, token)));
        assert!(token_batcher.queue().needs_worker(), "two full batches, of which the worker takes one");
        token_batcher.queue().add_worker();
        assert!(!token_batcher.queue().needs_worker(), "one worker for each");
        assert!(worker.take_batch());
        assert!(!token_batcher.queue().needs_worker());
        let mut other = BatchWorker::new(token_batcher.clone());
        assert!(other.take_batch());
        assert!(!token_batcher.queue().needs_worker(), "the last batch waits for the next call");
    }

    #[test]
    fn the_tokens_of_a_stopped_worker_are_sent_by_another() {
        let (mut worker, mut receivers) = started_worker(&["a", "b"]);
        let token_batcher = worker.token_batcher.clone();
        assert!(worker.take_batch());
        receivers.push(enqueue(&token_batcher, "b"));
        drop(worker);
        assert!(token_batcher.queue().needs_worker());
        token_batcher.queue().add_worker();
        let mut other = BatchWorker::new(token_batcher);
        for expected in [2, 1] {
            assert!(other.take_batch());
            other.respond(Ok(all_invalid(expected)));
        }
        for mut receiver in receivers {
            assert!(matches!(receiver.try_recv().unwrap(), Err(AuthenticateError::Invalid)));
        }
    }

    #[test]
    fn a_worker_that_never_ran_leaves_the_waiting_tokens() {
        let (worker, _receivers) = started_worker(&["a"]);
        let token_batcher = worker.token_batcher.clone();
        drop(worker);
        token_batcher.queue().add_worker();
        let mut other = BatchWorker::new(token_batcher);
        assert!(other.take_batch());
        assert_eq!(other.request.tokens, ["a"]);
    }

    #[test]
    fn a_panic_ends_the_wait_of_its_callers_only() {
        let (mut worker, mut receivers) = started_worker(&["a"]);
        let token_batcher = worker.token_batcher.clone();
        let panicked = std::thread::spawn(move || {
            worker.take_batch();
            receivers.push(enqueue(&worker.token_batcher, "b"));
            assert!(matches!(receivers[0].try_recv(), Err(TryRecvError::Empty)));
            let _worker = worker;
            std::panic::resume_unwind(Box::new(receivers));
        });
        let mut receivers = panicked.join().unwrap_err().downcast::<Vec<oneshot::Receiver<TokenResult>>>().unwrap();
        assert!(matches!(receivers[0].try_recv(), Err(TryRecvError::Closed)));
        assert!(matches!(receivers[1].try_recv(), Err(TryRecvError::Empty)));
        assert!(token_batcher.queue().needs_worker());
    }
}
