use actix_web::body::None as NoBody;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, Version};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, dev};
use awc::{ClientResponse, FrozenClientRequest};
use steward_contracts::services::client_address;
use steward_web::{HttpError, RequestContext};

use super::failure::Failure;
use super::headers::{is_hop_by_hop, named_by_connection};
use super::{ProxySettings, Upstream};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A forwarded request with its whole body, so that it can be sent twice.
pub(super) struct OutgoingRequest {
    request: FrozenClientRequest,
    body: Option<Bytes>,
}

impl OutgoingRequest {
    /// Reads the body, within `body_limit` and the time limit of every body, and creates a new head.
    pub(super) async fn of(
        request: &HttpRequest,
        payload: web::Payload,
        body_limit: usize,
        settings: &ProxySettings,
        client: &awc::Client,
    ) -> Result<Self, HttpError> {
        let body = match payload.into_inner() {
            dev::Payload::None => Bytes::new(),
            payload => steward_web::read_body_at_most(request.headers(), payload, body_limit).await?,
        };
        let context = RequestContext::of(request);
        let method = context.as_ref().map_or(request.method(), RequestContext::method);
        let path = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        let signed_address = steward_web::client_address(request)
            .map(|client| {
                settings.key.sign_client_address(client, method.as_str(), path.as_str(), settings.clock.now())
            })
            .and_then(|signed_address| HeaderValue::try_from(signed_address).ok());
        let uri = settings.upstream.at(path).map_err(|error| HttpError::Internal(error.to_string()))?;

        let mut outgoing = client.request(method.clone(), uri);
        let headers = outgoing.headers_mut();
        copy(request.headers(), headers);
        write(&settings.upstream, request, headers);
        if let Some(context) = &context {
            headers.insert(REQUEST_ID, context.id().clone());
        }
        if let Some(signed_address) = signed_address {
            headers.insert(HeaderName::from_static(client_address::HEADER), signed_address);
        }
        // A request whose method expects a body declares even an empty one (RFC 9110, 8.6).
        let expects_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        let body = (expects_body || !body.is_empty()).then_some(body);
        let request = outgoing.freeze().map_err(|error| HttpError::Internal(error.to_string()))?;
        Ok(Self { request, body })
    }

    /// Sends the request, and waits for the head of the response.
    pub(super) async fn send(&self) -> Result<ClientResponse, Failure> {
        let response = match &self.body {
            Some(body) => self.request.send_body(body.clone()),
            None => self.request.send_body(NoBody::new()),
        };
        Ok(response.await?)
    }

    /// Whether the request is idempotent (RFC 9110, 9.2.2).
    pub(super) fn is_idempotent(&self) -> bool {
        let method = self.request.get_method();
        matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE)
    }

    /// Whether the response has no body, even if it declares one.
    pub(super) fn is_head(&self) -> bool {
        self.request.get_method() == Method::HEAD
    }
}

/// Copies the headers to forward. Omits hop-by-hop headers, and headers with which a client could claim another origin.
fn copy(from: &HeaderMap, to: &mut HeaderMap) {
    let named = named_by_connection(from);
    for (name, value) in from {
        if !is_hop_by_hop(name, &named) && !is_reserved(name) {
            to.append(name.clone(), value.clone());
        }
    }
}

fn is_reserved(name: &HeaderName) -> bool {
    let text = name.as_str();
    matches!(*name, header::HOST | header::EXPECT | header::FORWARDED | header::VIA)
        || text.starts_with("x-forwarded-")
        || text.starts_with("x-steward-")
        || matches!(text, "x-request-id" | "x-real-ip")
}

fn write(upstream: &Upstream, request: &HttpRequest, headers: &mut HeaderMap) {
    headers.insert(header::HOST, upstream.host().clone());
    for via in request.headers().get_all(header::VIA) {
        headers.append(header::VIA, via.clone());
    }
    let via = if request.version() == Version::HTTP_10 { "1.0 steward" } else { "1.1 steward" };
    headers.append(header::VIA, HeaderValue::from_static(via));
}
