use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use awc::error::{ConnectError, SendRequestError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use steward_domain::ports::{Clock, IdGenerator};

use crate::services::service_key::{Call, HEADER, ServiceKey};

/// How to reach the auth service.
#[derive(Clone)]
pub struct ServiceSettings {
    /// Its address, such as `http://auth:8001`, without a slash at the end.
    pub base_url: String,
    /// What calls are signed with.
    pub key: ServiceKey,
    /// How long a call may take.
    pub deadline: Duration,
    /// The time, for signatures.
    pub clock: Arc<dyn Clock>,
    /// Where nonces come from.
    pub ids: Arc<dyn IdGenerator>,
}

/// Makes signed calls to one service.
#[derive(Clone)]
pub struct ServiceClient {
    settings: Rc<ServiceSettings>,
    client: awc::Client,
}

/// Whether a call may reach the other side twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing, so it may be made once more.
    Once,
    /// It may not.
    Never,
}

/// Why a call had no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The connection ended in the middle of the call.
    #[error("the connection ended: {0}")]
    ConnectionDied(String),
    /// Nobody answered in time.
    #[error("{0}")]
    Unreachable(String),
    /// Somebody answered with this status.
    #[error("the service that was asked answered with status {0}")]
    Status(u16),
    /// Somebody answered what is no answer to this call.
    #[error("answered what cannot be read: {0}")]
    Unreadable(String),
}

impl ServiceClient {
    /// Largest answer that is read, in bytes.
    const LIMIT: usize = 1 << 20;

    /// A client for this thread.
    pub fn new(settings: ServiceSettings) -> Self {
        let client = awc::Client::builder().timeout(settings.deadline).disable_redirects().finish();
        Self { settings: Rc::new(settings), client }
    }

    /// Makes one call.
    ///
    /// A connection that was kept open may have died meanwhile: a call that may be repeated is then made once more on
    /// a fresh one. Each attempt is signed by itself, since a nonce counts once.
    pub async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<A, CallError> {
        let body = serde_json::to_vec(body).map_err(|error| CallError::Unreadable(error.to_string()))?;
        match self.attempt(path, body.clone()).await {
            Err(CallError::ConnectionDied(_)) if repeat == Repeat::Once => self.attempt(path, body).await,
            answer => answer,
        }
    }

    async fn attempt<A: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<A, CallError> {
        let settings = &self.settings;
        let call = Call { method: "POST", path, body: &body };
        let signature = settings.key.sign(call, settings.clock.now(), &settings.ids.token_id());
        let mut answer = self
            .client
            .post(format!("{}{path}", settings.base_url))
            .insert_header((HEADER, signature))
            .content_type("application/json")
            .send_body(body)
            .await?;
        if !answer.status().is_success() {
            return Err(CallError::Status(answer.status().as_u16()));
        }
        let bytes =
            answer.body().limit(Self::LIMIT).await.map_err(|error| CallError::Unreachable(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| CallError::Unreadable(error.to_string()))
    }
}

impl From<SendRequestError> for CallError {
    fn from(error: SendRequestError) -> Self {
        let text = error.to_string();
        match error {
            // What awc calls disconnected is an end of the connection where the answer should have begun.
            SendRequestError::Connect(ConnectError::Disconnected)
            | SendRequestError::Send(_)
            | SendRequestError::Response(_) => Self::ConnectionDied(text),
            _ => Self::Unreachable(text),
        }
    }
}
