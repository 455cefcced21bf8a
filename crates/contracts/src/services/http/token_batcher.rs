//! What waits to be asked of the auth service, and turns at asking.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use steward_domain::AuthenticatedSession;
use tokio::sync::oneshot;

use super::{CallError, ServiceClient, call::Repeat};
use crate::services::AuthenticateError;
use crate::services::internal::{AUTHENTICATE, AuthenticateRequest, AuthenticateResponse};

/// Most calls under way at once from a process; while they are, what arrives gathers for the next.
const CALLS: usize = 4;
/// One call after the other takes most along, so another begins only beside one that is older than this, or for those
/// who found no place in it.
pub(super) const PATIENCE: Duration = Duration::from_millis(2);

/// The tokens that wait, in all workers of a process.
#[derive(Clone, Default)]
pub struct TokenBatcher(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// As many as go into one call each, those who came first at the front.
    full: VecDeque<Callers>,
    /// Who came last.
    latest: Callers,
    /// Turns under way.
    turns: usize,
    /// Those of them that have not taken anything yet.
    beginning: usize,
    /// When the newest turn or call began.
    asked: Option<Instant>,
}

/// Tokens, and who asks about each.
type Callers = HashMap<String, Vec<oneshot::Sender<Answer>>>;

pub(super) type Answer = Result<AuthenticatedSession, AuthenticateError>;

impl TokenBatcher {
    /// Somebody asks about a token: where their answer comes.
    pub(super) fn ask(&self, token: &str, client: &Rc<ServiceClient>) -> oneshot::Receiver<Answer> {
        let (caller, answer) = oneshot::channel();
        self.waiting().add(token, caller);
        self.begin_if_needed(client);
        answer
    }

    /// Begins a call on this thread, where it takes another one to serve those who wait.
    pub(super) fn begin_if_needed(&self, client: &Rc<ServiceClient>) {
        let mut waiting = self.waiting();
        if waiting.needs_a_turn() {
            waiting.begin();
            drop(waiting);
            // A task of its own: the caller may go away while others wait for the same answer.
            tokio::task::spawn_local(BatchWorker::new(self.clone()).run(Rc::clone(client)));
        }
    }

    // The state is whole between any two statements, so a panic cannot leave half of it.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, token: &str, caller: oneshot::Sender<Answer>) {
        if let Some(callers) = self.latest.get_mut(token) {
            callers.push(caller);
            return;
        }
        if self.latest.len() == AuthenticateRequest::MAX {
            self.full.push_back(std::mem::take(&mut self.latest));
        }
        self.latest.insert(token.to_owned(), vec![caller]);
    }

    fn needs_a_turn(&self) -> bool {
        let is_slow = || self.asked.is_some_and(|asked| asked.elapsed() >= PATIENCE);
        let is_left_behind = self.full.len() > self.beginning;
        let is_asked = is_left_behind || !self.latest.is_empty();
        is_asked && (self.turns == 0 || (self.turns < CALLS && (is_left_behind || is_slow())))
    }

    fn begin(&mut self) {
        self.turns += 1;
        self.beginning += 1;
        self.asked = Some(Instant::now());
    }

    /// As many as go into one call, of those who came first and still wait.
    fn take(&mut self) -> Callers {
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

/// One worker's turn at asking about what waits.
struct BatchWorker {
    token_batcher: TokenBatcher,
    /// The call under way, and who asks about each of its tokens.
    request: AuthenticateRequest,
    callers: Vec<Vec<oneshot::Sender<Answer>>>,
    began: bool,
    finished: bool,
}

impl BatchWorker {
    fn new(token_batcher: TokenBatcher) -> Self {
        let request = AuthenticateRequest { tokens: Vec::new() };
        Self { token_batcher, request, callers: Vec::new(), began: false, finished: false }
    }

    async fn run(mut self, client: Rc<ServiceClient>) {
        while self.take_what_waits() {
            let answer = client.post(AUTHENTICATE, &self.request, Repeat::Once).await;
            self.tell(answer);
        }
    }

    fn take_what_waits(&mut self) -> bool {
        let mut waiting = self.token_batcher.waiting();
        if !self.began {
            self.began = true;
            waiting.beginning -= 1;
        }
        (self.request.tokens, self.callers) = waiting.take().into_iter().unzip();
        if self.callers.is_empty() {
            // Under the lock, so that nobody can come between the last look and the end of the turn.
            waiting.turns -= 1;
            self.finished = true;
        } else {
            waiting.asked = Some(Instant::now());
        }
        !self.finished
    }

    fn tell(&mut self, answer: Result<AuthenticateResponse, CallError>) {
        let callers = std::mem::take(&mut self.callers);
        match answer {
            Ok(AuthenticateResponse { sessions, unchecked }) if sessions.len() == callers.len() => {
                for (index, (session, callers)) in sessions.into_iter().zip(callers).enumerate() {
                    let answer = match session.map(AuthenticatedSession::try_from) {
                        Some(Ok(session)) => Ok(session),
                        Some(Err(error)) => Err(AuthenticateError::Unavailable(error.to_string())),
                        None if unchecked.contains(&index) => {
                            Err(AuthenticateError::Unavailable("the auth service could not check it".to_owned()))
                        }
                        None => Err(AuthenticateError::Invalid),
                    };
                    tell(callers, &answer);
                }
            }
            other => {
                let cause = match other {
                    Ok(_) => "not as many answers as questions".to_owned(),
                    Err(error) => error.to_string(),
                };
                let answer = Err(AuthenticateError::Unavailable(cause));
                tell(callers.into_iter().flatten(), &answer);
            }
        }
    }
}

/// A worker that stops takes its turn along, but not those of others who wait for it.
impl Drop for BatchWorker {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let mut waiting = self.token_batcher.waiting();
        waiting.turns -= 1;
        waiting.beginning -= usize::from(!self.began);
        // Whatever made this turn panic shall not do so for ever; its callers are told by the end of their channels.
        if !self.callers.is_empty() && !std::thread::panicking() {
            let asked = self.request.tokens.drain(..).zip(self.callers.drain(..)).collect();
            waiting.full.push_front(asked);
        }
    }
}

fn tell(callers: impl IntoIterator<Item = oneshot::Sender<Answer>>, answer: &Answer) {
    for caller in callers {
        // Whoever asked may be gone.
        let _ = caller.send(answer.clone());
    }
}

#[cfg(test)]
mod tests {
    use oneshot::error::TryRecvError;

    use super::*;

    /// A turn that has begun, with these tokens waiting; and the answers that their callers wait for.
    fn begun(tokens: &[&str]) -> (BatchWorker, Vec<oneshot::Receiver<Answer>>) {
        let token_batcher = TokenBatcher::default();
        let answers = tokens.iter().map(|token| ask(&token_batcher, token)).collect();
        token_batcher.waiting().begin();
        (BatchWorker::new(token_batcher), answers)
    }

    fn ask(token_batcher: &TokenBatcher, token: &str) -> oneshot::Receiver<Answer> {
        let (caller, answer) = oneshot::channel();
        token_batcher.waiting().add(token, caller);
        answer
    }

    fn none_valid(count: usize) -> AuthenticateResponse {
        AuthenticateResponse { sessions: (0..count).map(|_| None).collect(), unchecked: Vec::new() }
    }

    #[test]
    fn equal_tokens_are_one_question_and_everybody_is_told() {
        let (mut turn, answers) = begun(&["a", "b", "a"]);
        assert!(turn.take_what_waits());
        assert_eq!(turn.request.tokens.len(), 2);
        turn.tell(Ok(none_valid(2)));
        for mut answer in answers {
            assert!(matches!(answer.try_recv().unwrap(), Err(AuthenticateError::Invalid)));
        }
        assert!(!turn.take_what_waits());
        assert_eq!(turn.token_batcher.waiting().turns, 0);
    }

    #[test]
    fn a_token_that_could_not_be_checked_is_not_called_invalid() {
        let (mut turn, mut answers) = begun(&["a", "b"]);
        assert!(turn.take_what_waits());
        let a = turn.request.tokens.iter().position(|token| token == "a").unwrap();
        turn.tell(Ok(AuthenticateResponse { unchecked: vec![a], ..none_valid(2) }));
        assert!(matches!(answers[0].try_recv().unwrap(), Err(AuthenticateError::Unavailable(_))));
        assert!(matches!(answers[1].try_recv().unwrap(), Err(AuthenticateError::Invalid)));
    }

    #[test]
    fn an_answer_that_fits_no_question_is_given_to_nobody() {
        let (mut turn, mut answers) = begun(&["a", "b"]);
        assert!(turn.take_what_waits());
        turn.tell(Ok(none_valid(1)));
        assert!(matches!(answers[0].try_recv().unwrap(), Err(AuthenticateError::Unavailable(_))));
    }

    #[test]
    fn another_call_begins_where_none_is_under_way_or_the_newest_is_slow() {
        let (mut turn, _answers) = begun(&["a"]);
        let token_batcher = turn.token_batcher.clone();
        assert!(turn.take_what_waits());
        assert!(!token_batcher.waiting().needs_a_turn(), "nobody waits");
        let _answer = ask(&token_batcher, "b");
        assert!(!token_batcher.waiting().needs_a_turn(), "b goes with the next");
        token_batcher.waiting().asked = Instant::now().checked_sub(PATIENCE);
        assert!(token_batcher.waiting().needs_a_turn());
        token_batcher.waiting().turns = CALLS;
        assert!(!token_batcher.waiting().needs_a_turn());
        token_batcher.waiting().turns = 1;
        token_batcher.waiting().asked = Some(Instant::now());
        drop(turn);
        assert!(token_batcher.waiting().needs_a_turn());
    }

    #[test]
    fn what_finds_no_place_in_a_call_goes_into_another_in_the_order_in_which_it_came() {
        const MAX: usize = AuthenticateRequest::MAX;
        let tokens: Vec<String> = (0..=2 * MAX).map(|n| n.to_string()).collect();
        let (mut turn, _answers) = begun(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
        for (expected, is_any_left_behind) in [(0..MAX, true), (MAX..2 * MAX, false), (2 * MAX..2 * MAX + 1, false)] {
            assert!(turn.take_what_waits());
            let mut asked: Vec<usize> = turn.request.tokens.iter().map(|token| token.parse().unwrap()).collect();
            asked.sort_unstable();
            assert_eq!(asked, expected.collect::<Vec<_>>());
            assert_eq!(turn.token_batcher.waiting().needs_a_turn(), is_any_left_behind);
            turn.tell(Ok(none_valid(asked.len())));
        }
        assert!(!turn.take_what_waits());
    }

    #[test]
    fn nobody_asks_for_those_who_are_gone() {
        let (mut turn, mut answers) = begun(&["a", "b", "a"]);
        answers.remove(1);
        answers.remove(0);
        assert!(turn.take_what_waits());
        assert_eq!(turn.request.tokens, ["a"]);
        turn.tell(Ok(none_valid(1)));
        drop(ask(&turn.token_batcher, "c"));
        assert!(!turn.take_what_waits());
    }

    #[test]
    fn a_turn_that_begins_is_all_that_begins_until_it_has_taken_what_waits() {
        let tokens: Vec<String> = (0..=2 * AuthenticateRequest::MAX).map(|n| n.to_string()).collect();
        let (mut turn, mut answers) = begun(&["a"]);
        let token_batcher = turn.token_batcher.clone();
        token_batcher.waiting().asked = Instant::now().checked_sub(PATIENCE);
        answers.extend(tokens.iter().map(|token| ask(&token_batcher, token)));
        assert!(token_batcher.waiting().needs_a_turn(), "two full calls, of which it takes one");
        token_batcher.waiting().begin();
        assert!(!token_batcher.waiting().needs_a_turn(), "one turn for each");
        assert!(turn.take_what_waits());
        assert!(!token_batcher.waiting().needs_a_turn());
        let mut other = BatchWorker::new(token_batcher.clone());
        assert!(other.take_what_waits());
        assert!(!token_batcher.waiting().needs_a_turn(), "the last goes with the next");
    }

    #[test]
    fn what_a_worker_that_stops_asked_about_waits_for_another_to_ask() {
        let (mut turn, mut answers) = begun(&["a", "b"]);
        let token_batcher = turn.token_batcher.clone();
        assert!(turn.take_what_waits());
        answers.push(ask(&token_batcher, "b"));
        drop(turn);
        assert!(token_batcher.waiting().needs_a_turn());
        token_batcher.waiting().begin();
        let mut other = BatchWorker::new(token_batcher);
        for expected in [2, 1] {
            assert!(other.take_what_waits());
            other.tell(Ok(none_valid(expected)));
        }
        for mut answer in answers {
            assert!(matches!(answer.try_recv().unwrap(), Err(AuthenticateError::Invalid)));
        }
    }

    #[test]
    fn a_turn_that_never_began_leaves_nothing_but_who_waited() {
        let (turn, _answers) = begun(&["a"]);
        let token_batcher = turn.token_batcher.clone();
        drop(turn);
        token_batcher.waiting().begin();
        let mut other = BatchWorker::new(token_batcher);
        assert!(other.take_what_waits());
        assert_eq!(other.request.tokens, ["a"]);
    }

    #[test]
    fn a_panic_ends_the_wait_of_those_it_was_for_and_no_other() {
        let (mut turn, mut answers) = begun(&["a"]);
        let token_batcher = turn.token_batcher.clone();
        let panicked = std::thread::spawn(move || {
            turn.take_what_waits();
            answers.push(ask(&turn.token_batcher, "b"));
            assert!(matches!(answers[0].try_recv(), Err(TryRecvError::Empty)));
            let _turn = turn;
            std::panic::resume_unwind(Box::new(answers));
        });
        let mut answers = panicked.join().unwrap_err().downcast::<Vec<oneshot::Receiver<Answer>>>().unwrap();
        assert!(matches!(answers[0].try_recv(), Err(TryRecvError::Closed)));
        assert!(matches!(answers[1].try_recv(), Err(TryRecvError::Empty)));
        assert!(token_batcher.waiting().needs_a_turn());
    }
}
