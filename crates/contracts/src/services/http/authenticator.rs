use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use steward_batcher::{Batcher, Limits, Worker};
use steward_domain::AuthenticatedSession;

use super::call::Repeat;
use super::{CallError, ServiceClient, ServiceSettings};
use crate::services::internal::{AUTHENTICATE, AuthenticateRequest, AuthenticateResponse, SessionBody};
use crate::services::{AuthenticateError, Authenticator};

type TokenResult = Result<AuthenticatedSession, AuthenticateError>;

/// The waiting tokens of all workers of a process, which share their calls to the auth service.
///
/// With a call per token, a request to the admin service costs 45 % more CPU time in both processes together (`get` of
/// the bench, at 32 clients).
#[derive(Clone)]
pub struct TokenBatcher(Batcher<String, TokenResult>);

impl TokenBatcher {
    /// Creates a batcher. `deadline` is the maximum time that a caller waits for a result.
    pub fn new(deadline: Duration) -> Self {
        let patience = Duration::from_millis(2);
        Self(Batcher::new(Limits { workers: 4, keys: AuthenticateRequest::MAX, patience, deadline }))
    }
}

/// Authenticates tokens through the auth service.
///
/// Concurrent tokens share one call, and equal tokens share one entry in it. A call begins after all of its tokens
/// arrived, so no result is older than its request.
pub struct HttpAuthenticator {
    token_batcher: TokenBatcher,
    client: Rc<ServiceClient>,
}

/// Maximum length of a token, in bytes. The auth service refuses longer tokens.
const MAX_TOKEN_BYTES: usize = 4096;

impl HttpAuthenticator {
    /// Creates an adapter for the current worker thread.
    pub fn new(settings: ServiceSettings, token_batcher: TokenBatcher) -> Self {
        Self { token_batcher, client: Rc::new(ServiceClient::new(settings)) }
    }
}

#[async_trait(?Send)]
impl Authenticator for HttpAuthenticator {
    async fn authenticate(&self, token: &str) -> TokenResult {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthenticateError::Invalid);
        }
        let start = |worker| {
            tokio::task::spawn_local(check_tokens(worker, Rc::clone(&self.client)));
        };
        let result = self.token_batcher.0.get(token.to_owned(), &start).await;
        result.unwrap_or_else(|error| Err(AuthenticateError::Unavailable(error.to_string())))
    }
}

async fn check_tokens(mut worker: Worker<String, TokenResult>, client: Rc<ServiceClient>) {
    while let Some(tokens) = worker.next() {
        let request = AuthenticateRequest { tokens: tokens.to_vec() };
        let response = client.post(AUTHENTICATE, &request, Repeat::Once).await;
        worker.reply(to_results(request.tokens.len(), response));
    }
}

/// Returns the result of each of `count` tokens, in the order of the request.
fn to_results(count: usize, response: Result<AuthenticateResponse, CallError>) -> Vec<TokenResult> {
    let unavailable = |cause: &str| Err(AuthenticateError::Unavailable(cause.to_owned()));
    let AuthenticateResponse { sessions, unchecked } = match response {
        Ok(response) if response.sessions.len() == count => response,
        Ok(_) => return vec![unavailable("the response has a different number of results than the request"); count],
        Err(error) => return vec![unavailable(&error.to_string()); count],
    };
    let result = |(index, session): (usize, Option<SessionBody>)| match session.map(AuthenticatedSession::try_from) {
        Some(Ok(session)) => Ok(session),
        Some(Err(error)) => unavailable(&error.to_string()),
        None if unchecked.contains(&index) => unavailable("the auth service reported no result"),
        None => Err(AuthenticateError::Invalid),
    };
    sessions.into_iter().enumerate().map(result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(count: usize, unchecked: Vec<usize>) -> AuthenticateResponse {
        AuthenticateResponse { sessions: (0..count).map(|_| None).collect(), unchecked }
    }

    #[test]
    fn an_unchecked_token_is_not_reported_as_invalid() {
        let results = to_results(3, Ok(response(3, vec![1])));
        assert!(matches!(
            results[..],
            [Err(AuthenticateError::Invalid), Err(AuthenticateError::Unavailable(_)), Err(AuthenticateError::Invalid)]
        ));
    }

    #[test]
    fn a_failed_call_or_a_response_of_another_length_authenticates_no_token() {
        for response in [Ok(response(1, Vec::new())), Ok(response(3, Vec::new())), Err(CallError::Status(500))] {
            let results = to_results(2, response);
            assert!(matches!(
                results[..],
                [Err(AuthenticateError::Unavailable(_)), Err(AuthenticateError::Unavailable(_))]
            ));
        }
    }
}
