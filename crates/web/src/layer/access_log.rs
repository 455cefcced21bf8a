use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{Error, HttpMessage, HttpRequest};
use steward_contracts::services::internal;

use super::context::RequestContext;
use super::rendering::{Rendered, render};
use super::upgrade::Offer;
use super::{Shared, Worker, trace};
use crate::ApiError;
use crate::metrics::InFlight;
use crate::origin::client_address;

/// One request on its way through the layer.
pub(super) struct AccessLog {
    context: RequestContext,
    trace_id: Option<HeaderValue>,
    target: Uri,
    began: Instant,
    offer: Option<Offer>,
    _in_flight: InFlight,
}

/// What the log says of a request.
struct Line<'a> {
    path: &'a str,
    status: StatusCode,
    client: Option<std::net::IpAddr>,
    cause: Option<&'a str>,
}

impl AccessLog {
    pub(super) fn begin(shared: &Shared, request: &mut ServiceRequest) -> Self {
        let context = RequestContext::begin(&shared.ids, request);
        request.extensions_mut().insert(context.clone());
        Self {
            context,
            trace_id: trace::trace_id(request.headers_mut()),
            target: request.uri().clone(),
            began: Instant::now(),
            offer: Offer::of(request),
            _in_flight: shared.metrics.enter(),
        }
    }

    /// The response as it is sent, counted and logged.
    pub(super) fn end<B: MessageBody + 'static>(
        self,
        worker: &Worker,
        response: ServiceResponse<B>,
    ) -> ServiceResponse<BoxBody> {
        let Rendered { mut response, cause } = render(&worker.shared, &self.context, response);
        if let Some(offer) = self.offer {
            offer.decline(response.response_mut().head_mut());
        }
        let request: &HttpRequest = response.request();
        let route = request.match_pattern();
        let status = response.status();
        worker.routes.count(route.as_deref(), self.context.method(), status, self.began.elapsed());
        self.log(&Line { path: self.target.path(), status, client: client_address(request), cause: cause.as_deref() });
        response
    }

    /// The error of a middleware below, which took the request with it, as a problem.
    pub(super) fn end_without_answer(self, worker: &Worker, error: &Error) -> Error {
        let ours = error.as_error::<ApiError>();
        let other = ApiError::Internal(error.to_string());
        let error = ours.unwrap_or(&other);
        let response = error.respond(self.target.path(), self.context.id_text());
        let status = response.status();
        worker.routes.count(None, self.context.method(), status, self.began.elapsed());
        self.log(&Line { path: self.target.path(), status, client: None, cause: error.cause() });
        InternalError::from_response("rendered", response).into()
    }

    /// Reads are told at debug, changes at info, and what failed on our side louder, with its cause.
    fn log(&self, line: &Line<'_>) {
        macro_rules! tell {
            ($level:ident, $text:literal $(, $field:ident)*) => {
                tracing::$level!(
                    request_id = self.context.id_text(),
                    trace_id = self.trace_id.as_ref().and_then(|id| id.to_str().ok()),
                    method = self.context.method().as_str(),
                    path = line.path,
                    status = line.status.as_u16(),
                    milliseconds = milliseconds(self.began.elapsed()),
                    client = line.client.map(tracing::field::display),
                    $($field,)*
                    $text
                )
            };
        }
        match line.cause {
            Some(cause) => tell!(error, "a request failed", cause),
            None if line.status.is_server_error() => tell!(warn, "answered with a failure"),
            None if is_read(self.context.method(), line.path) => tell!(debug, "answered"),
            None => tell!(info, "answered"),
        }
    }
}

/// To the microsecond, which is as much as anybody reads.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Checking tokens changes nothing either, though it is a POST: tokens do not belong into an address.
fn is_read(method: &Method, path: &str) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) || path == internal::AUTHENTICATE
}
