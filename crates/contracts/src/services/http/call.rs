use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use awc::error::{ConnectError, SendRequestError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use steward_domain::ports::{Clock, IdGenerator};

use crate::services::ServiceUrl;
use crate::services::service_key::{Call, HEADER, ServiceKey};

/// The settings for calls to another service.
#[derive(Clone)]
pub struct ServiceSettings {
    /// The address of the service.
    pub url: ServiceUrl,
    /// The key that signs the calls.
    pub key: ServiceKey,
    /// The deadline of a call.
    pub deadline: Duration,
    /// The clock for the times in signatures.
    pub clock: Arc<dyn Clock>,
    /// The generator of nonces.
    pub ids: Arc<dyn IdGenerator>,
}

/// Makes signed calls to one service.
#[derive(Clone)]
pub struct ServiceClient {
    settings: Rc<ServiceSettings>,
    client: awc::Client,
}

/// Whether a call may be repeated after a connection error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The call may be repeated once, because it changes nothing.
    Once,
    /// The call must not be repeated.
    Never,
}

/// The reason why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The connection closed during the call.
    #[error("the connection closed: {0}")]
    ConnectionDied(String),
    /// The service did not respond before the deadline, or could not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The service responded with an error status.
    #[error("the service responded with status {0}")]
    Status(u16),
    /// The request could not be encoded, or the response could not be decoded.
    #[error("invalid request or response body: {0}")]
    Unreadable(String),
}

impl ServiceClient {
    /// Maximum size of a response body, in bytes.
    const LIMIT: usize = 1 << 20;

    /// Creates a client for the current thread.
    pub fn new(settings: ServiceSettings) -> Self {
        let client = awc::Client::builder().timeout(settings.deadline).disable_redirects().finish();
        Self { settings: Rc::new(settings), client }
    }

    /// Sends one call and returns the decoded response.
    ///
    /// A kept-alive connection may have closed in the meantime. A call that may be repeated is then sent once more on a
    /// new connection. Each attempt has its own signature, because a nonce is valid only once.
    pub async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<A, CallError> {
        let body = serde_json::to_vec(body).map_err(|error| CallError::Unreadable(error.to_string()))?;
        match self.attempt(path, body.clone()).await {
            Err(CallError::ConnectionDied(_)) if repeat == Repeat::Once => self.attempt(path, body).await,
            response => response,
        }
    }

    async fn attempt<A: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<A, CallError> {
        let settings = &self.settings;
        let call = Call { method: "POST", path, body: &body };
        let signature = settings.key.sign(call, settings.clock.now(), &settings.ids.token_id());
        let mut response = self
            .client
            .post(format!("{}{path}", settings.url))
            .insert_header((HEADER, signature))
            .content_type("application/json")
            .send_body(body)
            .await?;
        if !response.status().is_success() {
            return Err(CallError::Status(response.status().as_u16()));
        }
        let bytes =
            response.body().limit(Self::LIMIT).await.map_err(|error| CallError::Unreachable(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| CallError::Unreadable(error.to_string()))
    }
}

impl From<SendRequestError> for CallError {
    fn from(error: SendRequestError) -> Self {
        let text = error.to_string();
        match error {
            // awc returns `Disconnected` if the connection closes before the response begins.
            SendRequestError::Connect(ConnectError::Disconnected)
            | SendRequestError::Send(_)
            | SendRequestError::Response(_) => Self::ConnectionDied(text),
            _ => Self::Unreachable(text),
        }
    }
}
