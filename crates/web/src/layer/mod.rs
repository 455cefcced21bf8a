//! The request layer: one middleware that every process wraps its whole app with.
//!
//! - `context`: each request gets an id (its own, if it brings a usable one), and a trace context is checked.
//! - `admission`: what no handler should see is refused: broken escapes, null bytes; addresses that nobody vouches
//!   for are removed; trusted proxies are asked who is calling. HEAD is asked as GET, and the server leaves the body out.
//! - `rendering`: every error, of ours or of actix itself, becomes a problem.
//! - `headers`: what every answer to a client says: its request's id, and what browsers are told for safety.
//! - `upgrade`: an offer of another protocol is ignored.
//! - `parts`: long answers are handed to the server part by part.
//! - `allowed`: a path that exists but not for this method is 405 with `Allow`.
//! - `access_log`: one line in the log, one count in the metrics.

mod access_log;
mod admission;
mod allowed;
mod context;
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
use utoipa::openapi::OpenApi;

use crate::metrics::{HttpMetrics, RouteMetrics};
use crate::{LogThrottle, TrustedProxies};
use access_log::AccessLog;
use allowed::AllowedMethods;
pub use context::{RequestContext, RequestIds};

/// The middleware. Made once per process and cloned for each worker.
#[derive(Clone)]
pub struct RequestLayer(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    ids: Arc<RequestIds>,
    metrics: HttpMetrics,
    vouchers: Option<Vouchers>,
    proxies: TrustedProxies,
    allowed: AllowedMethods,
    has_gateway: bool,
}

/// By what an address is believed that a service of ours passed on.
#[derive(Clone)]
struct Vouchers {
    key: ServiceKey,
    clock: Arc<dyn Clock>,
    log: Arc<LogThrottle>,
}

impl RequestLayer {
    /// A layer that counts in `metrics` and names requests by `ids`.
    pub fn new(ids: Arc<RequestIds>, metrics: HttpMetrics) -> Self {
        let (proxies, allowed) = (TrustedProxies::default(), AllowedMethods::default());
        Self(Arc::new(Shared { ids, metrics, vouchers: None, proxies, allowed, has_gateway: false }))
    }

    /// Believes the client's address that a service with this key vouches for
    /// ([`steward_contracts::services::client_address`]).
    #[must_use]
    pub fn trust_signed_addresses(self, key: ServiceKey, clock: Arc<dyn Clock>) -> Self {
        let vouchers = Some(Vouchers { key, clock, log: Arc::default() });
        Self(Arc::new(Shared { vouchers, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Believes what these proxies tell of a client: its address, and whether it came over TLS. For the gateway alone:
    /// what stands behind it believes the gateway ([`RequestLayer::trust_signed_addresses`]). An address that is vouched for wins over
    /// one that a proxy tells: the proxy may stand before whoever vouches.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies) -> Self {
        Self(Arc::new(Shared { proxies, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Leaves it to the gateway to write the headers that every answer to a client has, where it is the gateway that
    /// asks: whoever vouches for a client's address.
    #[must_use]
    pub fn behind_gateway(self) -> Self {
        Self(Arc::new(Shared { has_gateway: true, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Answers 405 with `Allow`, not 404, to other methods on the paths of `spec`.
    #[must_use]
    pub fn with_spec(self, spec: &OpenApi) -> Self {
        Self(Arc::new(Shared { allowed: AllowedMethods::of(spec), ..Arc::unwrap_or_clone(self.0) }))
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

/// The layer around one worker's app.
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
                let answer = self.inner.call(request);
                Box::pin(async move {
                    match answer.await {
                        Ok(response) => Ok(access_log.end(&worker, response)),
                        Err(error) => Err(access_log.end_without_answer(&worker, &error)),
                    }
                })
            }
            Err(error) => {
                let response = request.error_response(error);
                Box::pin(ready(Ok(access_log.end(&worker, response))))
            }
        }
    }
}
