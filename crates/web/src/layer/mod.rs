//! The request layer: one middleware around the whole app of every process.
//!
//! - `context`: assigns a request id, or keeps a usable one of the client, and checks the trace context.
//! - `admission`: rejects invalid percent-escapes and null bytes, checks client addresses, and turns HEAD into GET. The
//!   server omits the body of the response.
//! - `endpoints`: the methods of each path, for 405 with `Allow`, and the form of its errors.
//! - `rendering`: turns every error, including those of actix, into a problem, in the form of the path's renderer.
//! - `headers`: adds the request id and the security headers to every response.
//! - `upgrade`: ignores an offer of another protocol.
//! - `parts`: passes long responses to the server in parts.
//! - `access_log`: writes one log line and counts one request in the metrics.

mod access_log;
mod admission;
mod context;
mod endpoints;
mod headers;
mod parts;
mod rendering;
mod trace;
mod upgrade;

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_service::{Service, Transform, forward_ready};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use steward_contracts::services::ServiceKey;
use steward_domain::ports::Clock;

use crate::metrics::{HttpMetrics, RouteMetrics};
use crate::service::Endpoint;
use crate::{ApiError, LogThrottle, TrustedProxies};
use access_log::AccessLog;
pub use context::{RequestContext, RequestIds};
use endpoints::EndpointPaths;

/// The middleware. A process creates it once and clones it for each worker.
#[derive(Clone)]
pub struct RequestLayer(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    ids: Arc<RequestIds>,
    metrics: HttpMetrics,
    trusted_key: Option<TrustedAddressKey>,
    proxies: TrustedProxies,
    endpoints: EndpointPaths,
    has_gateway: bool,
}

/// The key that verifies client addresses signed by another service.
#[derive(Clone)]
struct TrustedAddressKey {
    key: ServiceKey,
    clock: Arc<dyn Clock>,
    log: Arc<LogThrottle>,
}

impl RequestLayer {
    /// Creates a layer that counts in `metrics` and assigns request ids from `ids`.
    pub fn new(ids: Arc<RequestIds>, metrics: HttpMetrics) -> Self {
        let (proxies, endpoints) = (TrustedProxies::default(), EndpointPaths::default());
        Self(Arc::new(Shared { ids, metrics, trusted_key: None, proxies, endpoints, has_gateway: false }))
    }

    /// Trusts a client address that a service signed with this key ([`steward_contracts::services::client_address`]).
    #[must_use]
    pub fn trust_signed_addresses(self, key: ServiceKey, clock: Arc<dyn Clock>) -> Self {
        let trusted_key = Some(TrustedAddressKey { key, clock, log: Arc::default() });
        Self(Arc::new(Shared { trusted_key, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Trusts the client address, scheme and host that these proxies forward.
    ///
    /// Only for the gateway and the console. Services behind the gateway trust its signature
    /// ([`RequestLayer::trust_signed_addresses`]).
    ///
    /// A signed client address takes precedence over a forwarded one, because the proxy may be in front of the signing
    /// service.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self(Arc::new(Shared { proxies, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Leaves the response headers for clients to the gateway, if the gateway sent the request. A signed client address
    /// identifies the gateway.
    #[must_use]
    pub fn behind_gateway(self) -> Self {
        Self(Arc::new(Shared { has_gateway: true, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Renders errors at the paths of these endpoints in the form that they choose ([`Endpoint::rendered_by`]), and
    /// responds 405 with `Allow` instead of 404 to other methods.
    #[must_use]
    pub fn with_endpoints<'e>(self, endpoints: impl IntoIterator<Item = &'e Endpoint>) -> Self {
        Self(Arc::new(Shared { endpoints: EndpointPaths::of(endpoints), ..Arc::unwrap_or_clone(self.0) }))
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequestLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = RequestService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let worker = Worker { shared: Arc::clone(&self.0), routes: RouteMetrics::new(self.0.metrics.clone()) };
        ready(Ok(RequestService { inner, worker: Rc::new(worker) }))
    }
}

/// The layer around the app of one worker.
pub struct RequestService<S> {
    inner: S,
    worker: Rc<Worker>,
}

struct Worker {
    shared: Arc<Shared>,
    routes: RouteMetrics,
}

impl<S, B> Service<ServiceRequest> for RequestService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let worker = Rc::clone(&self.worker);
        let access_log = AccessLog::begin(&worker.shared, &mut request);
        match admission::admit(&worker.shared, &mut request) {
            Ok(()) => {
                let response = self.inner.call(request);
                Box::pin(async move {
                    match response.await {
                        Ok(response) => Ok(access_log.end(&worker, response)),
                        Err(error) => Err(access_log.end_with_error(&worker, &error)),
                    }
                })
            }
            Err(error) => {
                let response = request.error_response(ApiError::from(error));
                Box::pin(ready(Ok(access_log.end(&worker, response))))
            }
        }
    }
}
