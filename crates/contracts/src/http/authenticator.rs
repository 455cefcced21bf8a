use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_trait::async_trait;
use steward_domain::AuthenticatedSession;
use tokio::sync::oneshot;

use super::{CallError, ServiceClient, ServiceSettings, call::Repeat};
use crate::internal::{AUTHENTICATE, AuthenticateRequest, AuthenticateResponse};
use crate::{AuthenticateError, Authenticator};

/// Asks the auth service.
///
/// Tokens that wait at the same time share one call, which begins after all of them arrived: no answer is older than
/// its question.
pub struct HttpAuthenticator(Rc<Gathering>);

/// Calls under way at once from one worker; while they are, what arrives gathers for the next.
const CALLS: usize = 2;

struct Gathering {
    client: ServiceClient,
    waiting: RefCell<Vec<Waiting>>,
    calls: Cell<usize>,
}

struct Waiting {
    token: String,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<AuthenticatedSession, AuthenticateError>;

impl HttpAuthenticator {
    /// An adapter for this worker's thread.
    pub fn new(settings: ServiceSettings) -> Self {
        Self(Rc::new(Gathering {
            client: ServiceClient::new(settings),
            waiting: RefCell::default(),
            calls: Cell::new(0),
        }))
    }
}

#[async_trait(?Send)]
impl Authenticator for HttpAuthenticator {
    async fn authenticate(&self, token: &str) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.0.waiting.borrow_mut().push(Waiting { token: token.to_owned(), answer });
        if self.0.calls.get() < CALLS {
            self.0.calls.set(self.0.calls.get() + 1);
            // A task of its own: the caller may go away while others wait for the same answer.
            tokio::task::spawn_local(Rc::clone(&self.0).run());
        }
        answered.await.unwrap_or_else(|_| Err(AuthenticateError::Unavailable("the call was given up".to_owned())))
    }
}

impl Gathering {
    async fn run(self: Rc<Self>) {
        loop {
            let batch: Vec<Waiting> = {
                let mut waiting = self.waiting.borrow_mut();
                let length = waiting.len().min(AuthenticateRequest::MAX);
                waiting.drain(..length).collect()
            };
            if batch.is_empty() {
                break;
            }
            self.ask(batch).await;
        }
        self.calls.set(self.calls.get() - 1);
    }

    async fn ask(&self, batch: Vec<Waiting>) {
        let (tokens, waiting): (Vec<_>, Vec<_>) = batch.into_iter().map(|w| (w.token, w.answer)).unzip();
        let answer = self
            .client
            .post::<AuthenticateResponse>(AUTHENTICATE, &AuthenticateRequest { tokens }, Repeat::Once)
            .await
            .and_then(|answer| {
                if answer.sessions.len() == waiting.len() {
                    Ok(answer.sessions)
                } else {
                    Err(CallError::Unreadable("not as many answers as questions".to_owned()))
                }
            });
        match answer {
            Ok(sessions) => {
                for (session, waiting) in sessions.into_iter().zip(waiting) {
                    let answer = match session.map(AuthenticatedSession::try_from) {
                        Some(Ok(session)) => Ok(session),
                        Some(Err(error)) => Err(AuthenticateError::Unavailable(error.to_string())),
                        None => Err(AuthenticateError::Invalid),
                    };
                    // Whoever asked may be gone.
                    let _ = waiting.send(answer);
                }
            }
            Err(error) => {
                for waiting in waiting {
                    let _ = waiting.send(Err(AuthenticateError::Unavailable(error.to_string())));
                }
            }
        }
    }
}
