use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use super::token_batcher::{Answer, PATIENCE, TokenBatcher};
use super::{ServiceClient, ServiceSettings};
use crate::services::{AuthenticateError, Authenticator};

/// Asks the auth service.
///
/// Tokens that wait at the same time share one call, and equal ones one question. A call begins after all of its
/// questions arrived: no answer is older than its question.
pub struct HttpAuthenticator {
    token_batcher: TokenBatcher,
    client: Rc<ServiceClient>,
    /// How long a caller waits, for a place in a call and for its answer.
    deadline: Duration,
}

/// How long a caller waits at most before they look again whether anybody asks for them.
const LONGEST_PATIENCE: Duration = Duration::from_millis(100);
/// Longest token that is asked about, in bytes: the auth service reads no longer one.
const LONGEST_TOKEN: usize = 4096;

impl HttpAuthenticator {
    /// An adapter for this worker's thread.
    pub fn new(settings: ServiceSettings, token_batcher: TokenBatcher) -> Self {
        let deadline = settings.deadline;
        Self { token_batcher, client: Rc::new(ServiceClient::new(settings)), deadline }
    }
}

#[async_trait(?Send)]
impl Authenticator for HttpAuthenticator {
    async fn authenticate(&self, token: &str) -> Answer {
        if token.len() > LONGEST_TOKEN {
            return Err(AuthenticateError::Invalid);
        }
        let mut answer = self.token_batcher.ask(token, &self.client);
        // Nobody may come after this one to see that the call before it is slow, or was given up.
        let mut patience = PATIENCE;
        let answered = async {
            loop {
                match tokio::time::timeout(patience, &mut answer).await {
                    Ok(answer) => return answer,
                    Err(_) => self.token_batcher.begin_if_needed(&self.client),
                }
                patience = (patience * 2).min(LONGEST_PATIENCE);
            }
        };
        match tokio::time::timeout(self.deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(AuthenticateError::Unavailable("the call was given up".to_owned())),
            Err(late) => Err(AuthenticateError::Unavailable(late.to_string())),
        }
    }
}
