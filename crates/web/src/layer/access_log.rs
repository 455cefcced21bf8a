use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse, Url};
use actix_web::error::InternalError;
use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{Error, HttpMessage, HttpRequest};
use steward_contracts::services::internal;

use super::context::RequestContext;
use super::rendering::{Rendered, render};
use super::upgrade::Offer;
use super::{Shared, Worker, trace};
use crate::metrics::InFlight;
use crate::origin::client_address;
use crate::{ApiError, HttpError};

/// A request in the request layer, from its arrival to its log line.
pub(super) struct AccessLog {
    context: RequestContext,
    trace_id: Option<HeaderValue>,
    target: Uri,
    started: Instant,
    offer: Option<Offer>,
    _in_flight: InFlight,
}

/// The fields of a log line that depend on the response.
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
            started: Instant::now(),
            offer: Offer::of(request),
            _in_flight: shared.metrics.enter(),
        }
    }

    /// Renders, counts and logs the response.
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
        worker.routes.count(route.as_deref(), self.context.method(), status, self.started.elapsed());
        self.log(&Line { path: self.target.path(), status, client: client_address(request), cause: cause.as_deref() });
        response
    }

    /// Renders the error of an inner middleware as a problem. The error has consumed the request.
    pub(super) fn end_with_error(self, worker: &Worker, error: &Error) -> Error {
        let api_error = error.as_error::<ApiError>();
        let internal_error = ApiError::from(HttpError::Internal(error.to_string()));
        let error = api_error.unwrap_or(&internal_error);
        let endpoint = worker.shared.endpoints.at(Url::new(self.target.clone()).path());
        let renderer = endpoint.map(|endpoint| endpoint.renderer).unwrap_or_default();
        let response = error.respond(renderer, self.target.path(), self.context.id_text());
        let status = response.status();
        worker.routes.count(None, self.context.method(), status, self.started.elapsed());
        self.log(&Line { path: self.target.path(), status, client: None, cause: error.cause() });
        InternalError::from_response("rendered", response).into()
    }

    /// Logs reads at debug level, changes at info level, and server errors at warn or error level with their cause.
    fn log(&self, line: &Line<'_>) {
        macro_rules! log_at {
            ($level:ident, $text:literal $(, $field:ident)*) => {
                tracing::$level!(
                    request_id = self.context.id_text(),
                    trace_id = self.trace_id.as_ref().and_then(|id| id.to_str().ok()),
                    method = self.context.method().as_str(),
                    path = line.path,
                    status = line.status.as_u16(),
                    milliseconds = milliseconds(self.started.elapsed()),
                    client = line.client.map(tracing::field::display),
                    $($field,)*
                    $text
                )
            };
        }
        match line.cause {
            Some(cause) => log_at!(error, "request failed", cause),
            None if line.status.is_server_error() => log_at!(warn, "responded with a server error"),
            None if is_read(self.context.method(), line.path) => log_at!(debug, "responded"),
            None => log_at!(info, "responded"),
        }
    }
}

/// Rounds to microseconds, which is precise enough for the log.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The authentication call is a read although it is a POST: a token must not be in a URL.
fn is_read(method: &Method, path: &str) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) || path == internal::AUTHENTICATE
}
