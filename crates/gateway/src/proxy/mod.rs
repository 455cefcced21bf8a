//! Passing requests on to a service and its answers back (RFC 9110, 7.6 and 7.7).
//!
//! - `territory`: which paths are whose.
//! - `target`: paths that could mean another place there than here are not passed on.
//! - `request`: what the service sees: the request without what belonged to the connection, with the request id and
//!   the client's address, vouched for.
//! - `client`: connections that are kept, one set per worker.
//! - `answer`: what comes back. Small bodies are read before anything is sent on, so that a service that dies in
//!   the middle can be asked again; large ones are streamed.

mod answer;
mod client;
mod failure;
mod headers;
mod request;
mod target;
mod territory;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use steward_contracts::services::ServiceKey;
use steward_domain::ports::Clock;
use steward_web::ApiError;

use crate::Upstream;
use failure::Failure;
use request::Outgoing;
pub use territory::Territory;

/// How a service is asked.
#[derive(Clone)]
pub struct ProxySettings {
    /// Where it is.
    pub upstream: Upstream,
    /// What the client's address is vouched for with.
    pub key: ServiceKey,
    /// The time, for that.
    pub clock: Arc<dyn Clock>,
    /// How long a connection may take to be made.
    pub connect_deadline: Duration,
    /// How long an answer may take, from the moment the request is there as a whole.
    pub deadline: Duration,
}

impl ProxySettings {
    /// The usual deadlines: 2 s to connect, 10 s for the whole.
    pub fn new(upstream: Upstream, key: ServiceKey, clock: Arc<dyn Clock>) -> Self {
        let (connect_deadline, deadline) = (Duration::from_secs(2), Duration::from_secs(10));
        Self { upstream, key, clock, connect_deadline, deadline }
    }
}

/// A service elsewhere, as one worker reaches it.
pub struct Proxy {
    settings: ProxySettings,
    client: awc::Client,
}

impl Proxy {
    /// A proxy for this worker's thread, whose connections stay on it.
    pub fn new(settings: ProxySettings) -> Self {
        let client = client::client(settings.connect_deadline);
        Self { settings, client }
    }

    /// The service's answer, or why there is none.
    pub async fn forward(&self, request: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
        if !target::is_plain(request.uri().path()) {
            return Err(ApiError::PathNotFound);
        }
        let outgoing = Outgoing::of(request, payload, &self.settings, &self.client).await?;
        tokio::time::timeout(self.settings.deadline, self.ask(&outgoing))
            .await
            .unwrap_or(Err(Failure::Late(self.settings.deadline)))
            .map_err(|failure| failure.told(&self.settings.upstream))
    }

    /// A connection that was kept may have died meanwhile: what may arrive twice (RFC 9110, 9.2.2) is sent once more.
    async fn ask(&self, outgoing: &Outgoing) -> Result<HttpResponse, Failure> {
        match self.attempt(outgoing).await {
            Err(Failure::Died(cause)) if outgoing.is_idempotent() => {
                tracing::debug!(service = self.settings.upstream.name(), cause, "asking once more");
                self.attempt(outgoing).await
            }
            answer => answer,
        }
    }

    async fn attempt(&self, outgoing: &Outgoing) -> Result<HttpResponse, Failure> {
        answer::relay(outgoing.send().await?, outgoing.is_head(), self.settings.deadline).await
    }
}

/// Mounts services that run elsewhere. The paths that are known are routes of their own, so that metrics tell them apart.
/// Services that run here are to be mounted before these, since the whole rest of a territory is passed on.
pub fn remote(services: Vec<(Territory, Rc<Proxy>)>, paths: &[String]) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let territories: Vec<Territory> = services.iter().map(|(territory, _)| *territory).collect();
    let routes = territory::routes(&territories, paths.iter().map(String::as_str));
    move |config| {
        let proxies: HashMap<_, _> = services.into_iter().collect();
        for (path, territory) in routes {
            let Some(proxy) = proxies.get(&territory).cloned() else {
                // It runs here, and has answered whatever it can.
                config.service(web::resource(path).to(HttpResponse::NotFound));
                continue;
            };
            let forward = move |request: HttpRequest, payload: web::Payload| {
                let proxy = Rc::clone(&proxy);
                async move { proxy.forward(&request, payload).await }
            };
            config.service(web::resource(path).to(forward));
        }
    }
}
