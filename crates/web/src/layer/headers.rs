use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::Shared;
use super::context::{REQUEST_ID, RequestContext};
use crate::origin::{ForwardedAddress, OverTls};

/// The headers of every response to a client.
const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // For browsers that do not support `frame-ancestors`.
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];
/// The default. A handler may override it: a page with forms needs the browser to send its origin.
const REFERRER_POLICY: HeaderValue = HeaderValue::from_static("no-referrer");
/// The default. A handler may override it: the documentation pages run scripts.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// One year, including subdomains (OWASP ASVS 5.0, 3.4.1).
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Adds the headers of every response to a client.
pub(super) fn add(shared: &Shared, context: &RequestContext, response: &mut ServiceResponse<BoxBody>) {
    if shared.has_gateway && response.request().extensions().contains::<ForwardedAddress>() {
        return;
    }
    let is_personal = is_personal(response.request().match_info().as_str());
    // The header must not be sent over an insecure connection (RFC 6797, 7.2).
    let over_tls = response.request().extensions().contains::<OverTls>();
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, context.id().clone());
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if is_personal && !is_private_picture(status, headers) {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    } else {
        insert_unless_set(headers, header::CACHE_CONTROL, NO_STORE);
    }
    insert_unless_set(headers, header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    insert_unless_set(headers, header::REFERRER_POLICY, REFERRER_POLICY);
    // actix-cors adds this header to every response, but it has no effect without an allowed origin.
    if headers.contains_key(&header::ACCESS_CONTROL_EXPOSE_HEADERS)
        && !headers.contains_key(&header::ACCESS_CONTROL_ALLOW_ORIGIN)
    {
        headers.remove(&header::ACCESS_CONTROL_EXPOSE_HEADERS);
    }
    if over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
}

/// Whether responses at this decoded path contain tokens (RFC 6749, 5.1) or personal data.
///
/// No cache may store these, whatever a handler or a service behind the gateway sets. The one exception is
/// [`is_private_picture`].
fn is_personal(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/internal/")
}

/// Whether a response is a picture that only the cache of the browser may store, or confirms the stored one.
fn is_private_picture(status: StatusCode, headers: &HeaderMap) -> bool {
    let starts_with =
        |name: HeaderName, prefix: &[u8]| headers.get(name).is_some_and(|value| value.as_bytes().starts_with(prefix));
    let is_picture = status == StatusCode::NOT_MODIFIED || starts_with(header::CONTENT_TYPE, b"image/");
    is_picture && starts_with(header::CACHE_CONTROL, b"private, ")
}

fn insert_unless_set(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}
