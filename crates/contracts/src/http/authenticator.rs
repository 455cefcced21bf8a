use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use steward_domain::AuthenticatedSession;
use tokio::sync::oneshot;

use super::{CallError, ServiceClient, ServiceSettings, call::Repeat};
use crate::internal::{AUTHENTICATE, AuthenticateRequest, AuthenticateResponse};
use crate::{AuthenticateError, Authenticator};

/// Asks the auth service.
///
/// Tokens that wait at the same time share one call, and equal ones one question. A call begins after all of its
/// questions arrived: no answer is older than its question.
pub struct HttpAuthenticator(Rc<Gathering>);

/// Most calls under way at once from one worker; while they are, what arrives gathers for the next.
const CALLS: usize = 2;
/// One call after the other takes most along, so another begins only beside one that is older than this.
const PATIENCE: Duration = Duration::from_millis(2);
/// Longest token that is asked about, in bytes: the auth service reads no longer one.
const LONGEST_TOKEN: usize = 4096;

struct Gathering {
    client: ServiceClient,
    waiting: RefCell<HashMap<String, Vec<oneshot::Sender<Answer>>>>,
    calls: Cell<usize>,
    /// When the newest call began.
    asked: Cell<Option<Instant>>,
}

type Answer = Result<AuthenticatedSession, AuthenticateError>;

impl HttpAuthenticator {
    /// An adapter for this worker's thread.
    pub fn new(settings: ServiceSettings) -> Self {
        Self(Rc::new(Gathering {
            client: ServiceClient::new(settings),
            waiting: RefCell::default(),
            calls: Cell::new(0),
            asked: Cell::new(None),
        }))
    }
}

#[async_trait(?Send)]
impl Authenticator for HttpAuthenticator {
    async fn authenticate(&self, token: &str) -> Answer {
        if token.len() > LONGEST_TOKEN {
            return Err(AuthenticateError::Invalid);
        }
        let (caller, mut answer) = oneshot::channel();
        self.0.wait(token, caller);
        self.0.begin_if_needed();
        // Nobody may come after this one to see that the call before it is slow.
        let answer = if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut answer).await {
            answer
        } else {
            self.0.begin_if_needed();
            answer.await
        };
        answer.unwrap_or_else(|_| Err(AuthenticateError::Unavailable("the call was given up".to_owned())))
    }
}

impl Gathering {
    fn wait(&self, token: &str, caller: oneshot::Sender<Answer>) {
        let mut waiting = self.waiting.borrow_mut();
        match waiting.get_mut(token) {
            Some(callers) => callers.push(caller),
            None => drop(waiting.insert(token.to_owned(), vec![caller])),
        }
    }

    /// Begins a call where it takes another one to serve those who wait.
    fn begin_if_needed(self: &Rc<Self>) {
        let is_slow = || self.asked.get().is_some_and(|asked| asked.elapsed() >= PATIENCE);
        let is_needed = self.calls.get() == 0 || (self.calls.get() < CALLS && is_slow());
        if is_needed && !self.waiting.borrow().is_empty() {
            self.calls.set(self.calls.get() + 1);
            self.asked.set(Some(Instant::now()));
            // A task of its own: the caller may go away while others wait for the same answer.
            tokio::task::spawn_local(Rc::clone(self).run());
        }
    }

    fn take(&self) -> (Vec<String>, Vec<Vec<oneshot::Sender<Answer>>>) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() <= AuthenticateRequest::MAX {
            return waiting.drain().unzip();
        }
        let tokens: Vec<String> = waiting.keys().take(AuthenticateRequest::MAX).cloned().collect();
        let callers = tokens.iter().filter_map(|token| waiting.remove(token)).collect();
        (tokens, callers)
    }

    async fn run(self: Rc<Self>) {
        loop {
            let (tokens, callers) = self.take();
            if tokens.is_empty() {
                break;
            }
            self.asked.set(Some(Instant::now()));
            self.ask(tokens, callers).await;
        }
        self.calls.set(self.calls.get() - 1);
    }

    async fn ask(&self, tokens: Vec<String>, callers: Vec<Vec<oneshot::Sender<Answer>>>) {
        let answer = self
            .client
            .post::<AuthenticateResponse>(AUTHENTICATE, &AuthenticateRequest { tokens }, Repeat::Once)
            .await
            .and_then(|answer| {
                if answer.sessions.len() == callers.len() {
                    Ok(answer.sessions)
                } else {
                    Err(CallError::Unreadable("not as many answers as questions".to_owned()))
                }
            });
        match answer {
            Ok(sessions) => {
                for (session, callers) in sessions.into_iter().zip(callers) {
                    let answer = match session.map(AuthenticatedSession::try_from) {
                        Some(Ok(session)) => Ok(session),
                        Some(Err(error)) => Err(AuthenticateError::Unavailable(error.to_string())),
                        None => Err(AuthenticateError::Invalid),
                    };
                    tell(callers, &answer);
                }
            }
            Err(error) => {
                let answer = Err(AuthenticateError::Unavailable(error.to_string()));
                for callers in callers {
                    tell(callers, &answer);
                }
            }
        }
    }
}

fn tell(callers: Vec<oneshot::Sender<Answer>>, answer: &Answer) {
    for caller in callers {
        // Whoever asked may be gone.
        let _ = caller.send(answer.clone());
    }
}
