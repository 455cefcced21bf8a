use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use super::token_batcher::{CALL_DELAY, TokenBatcher, TokenResult};
use super::{ServiceClient, ServiceSettings};
use crate::services::{AuthenticateError, Authenticator};

/// Authenticates tokens through the auth service.
///
/// Concurrent tokens share one call, and equal tokens share one entry in it. A call begins after all of its tokens
/// arrived, so no result is older than its request.
pub struct HttpAuthenticator {
    token_batcher: TokenBatcher,
    client: Rc<ServiceClient>,
    /// How long a caller waits, for the start of a call and for its result.
    deadline: Duration,
}

/// Maximum time until a waiting caller checks again whether a call for its token is under way.
const MAX_CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// Maximum length of a token, in bytes. The auth service refuses longer tokens.
const MAX_TOKEN_BYTES: usize = 4096;

impl HttpAuthenticator {
    /// Creates an adapter for the current worker thread.
    pub fn new(settings: ServiceSettings, token_batcher: TokenBatcher) -> Self {
        let deadline = settings.deadline;
        Self { token_batcher, client: Rc::new(ServiceClient::new(settings)), deadline }
    }
}

#[async_trait(?Send)]
impl Authenticator for HttpAuthenticator {
    async fn authenticate(&self, token: &str) -> TokenResult {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthenticateError::Invalid);
        }
        let mut receiver = self.token_batcher.enqueue(token, &self.client);
        // The caller checks for itself, because no later caller may come that detects a slow or cancelled call.
        let mut interval = CALL_DELAY;
        let result = async {
            loop {
                match tokio::time::timeout(interval, &mut receiver).await {
                    Ok(result) => return result,
                    Err(_) => self.token_batcher.start_worker_if_needed(&self.client),
                }
                interval = (interval * 2).min(MAX_CHECK_INTERVAL);
            }
        };
        match tokio::time::timeout(self.deadline, result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(AuthenticateError::Unavailable("the call was cancelled".to_owned())),
            Err(late) => Err(AuthenticateError::Unavailable(late.to_string())),
        }
    }
}
