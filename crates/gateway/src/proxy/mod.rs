//! Forwarding requests to a service, and its responses to the client (RFC 9110, 7.6 and 7.7).
//!
//! - `target`: rejects paths that the service could resolve differently.
//! - `request`: the forwarded request: without hop-by-hop headers, with the request id and the signed client address.
//! - `client`: the persistent connections of one worker.
//! - `response`: the forwarded response. Small bodies are read first, so that a request can be retried if the
//!   connection closes. Large bodies are streamed.

mod client;
mod failure;
mod headers;
mod request;
mod response;
mod target;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use steward_contracts::services::ServiceKey;
use steward_domain::ports::Clock;
use steward_web::service::Endpoint;
use steward_web::{ApiError, HttpError};

use crate::Upstream;
use failure::Failure;
use request::OutgoingRequest;

/// The settings of a proxy.
#[derive(Clone)]
pub struct ProxySettings {
    /// The address of the service.
    pub upstream: Upstream,
    /// The key that signs the client's address.
    pub key: ServiceKey,
    /// The clock for the signature.
    pub clock: Arc<dyn Clock>,
    /// The time limit for opening a connection.
    pub connect_deadline: Duration,
    /// The time limit for a response, from the moment when the request is complete.
    pub deadline: Duration,
}

impl ProxySettings {
    /// Creates settings with the default deadlines: 2 s to connect, 10 s in total.
    pub fn new(upstream: Upstream, key: ServiceKey, clock: Arc<dyn Clock>) -> Self {
        let (connect_deadline, deadline) = (Duration::from_secs(2), Duration::from_secs(10));
        Self { upstream, key, clock, connect_deadline, deadline }
    }
}

/// The proxy of one worker to a remote service.
pub struct Proxy {
    settings: ProxySettings,
    client: awc::Client,
}

impl Proxy {
    /// Creates a proxy for this worker's thread. Its connections stay on this thread.
    pub fn new(settings: ProxySettings) -> Self {
        let client = client::client(settings.connect_deadline);
        Self { settings, client }
    }

    /// Mounts an endpoint of the service. Metrics count its requests by its path.
    pub fn mount(self: &Rc<Self>, endpoint: &Endpoint, config: &mut ServiceConfig) {
        let (proxy, body_limit) = (Rc::clone(self), endpoint.body_limit());
        config.service(endpoint.resource().to(move |request: HttpRequest, payload: web::Payload| {
            let proxy = Rc::clone(&proxy);
            async move { proxy.forward(&request, payload, body_limit).await }
        }));
    }

    /// Forwards a request with a body of at most `body_limit` bytes, and returns the response of the service.
    pub async fn forward(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        body_limit: usize,
    ) -> Result<HttpResponse, ApiError> {
        if !target::is_plain(request.uri().path()) {
            return Err(HttpError::PathNotFound.into());
        }
        let outgoing = OutgoingRequest::of(request, payload, body_limit, &self.settings, &self.client).await?;
        tokio::time::timeout(self.settings.deadline, self.ask(&outgoing))
            .await
            .unwrap_or(Err(Failure::TimedOut(self.settings.deadline)))
            .map_err(|failure| failure.into_error(&self.settings.upstream).into())
    }

    /// Sends the request. Retries an idempotent request (RFC 9110, 9.2.2) once, because a persistent connection may
    /// have closed.
    async fn ask(&self, outgoing: &OutgoingRequest) -> Result<HttpResponse, Failure> {
        match self.attempt(outgoing).await {
            Err(Failure::ConnectionClosed(cause)) if outgoing.is_idempotent() => {
                tracing::debug!(service = self.settings.upstream.name(), cause, "retrying the request");
                self.attempt(outgoing).await
            }
            result => result,
        }
    }

    async fn attempt(&self, outgoing: &OutgoingRequest) -> Result<HttpResponse, Failure> {
        response::relay(outgoing.send().await?, outgoing.is_head(), self.settings.deadline).await
    }
}
