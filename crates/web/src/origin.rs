use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, USER_AGENT};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use steward_domain::Origin;

use crate::ApiError;

/// The origin of a request, for the audit trail.
///
/// The address is the connection's, unless the gateway or a trusted proxy forwards another address.
pub struct CallerOrigin(pub Origin);

/// The client address that a trusted sender forwards; in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForwardedAddress(pub IpAddr);

/// Marks a request that came over TLS according to a trusted proxy; in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// The host that the browser requested according to a trusted proxy; in the request's extensions.
#[derive(Debug, Clone)]
pub(crate) struct ForwardedHost(pub String);

impl FromRequest for CallerOrigin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let agent = request.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        ready(Ok(Self(Origin::new(client_address(request), agent.as_deref()))))
    }
}

/// Returns the address of the client: a signed client address, the address that a trusted proxy forwards, or the
/// address of the connection.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let forwarded = request.extensions().get::<ForwardedAddress>().map(|address| address.0);
    forwarded.or_else(|| request.peer_addr().map(|peer| peer.ip()))
}

/// Whether a request came over TLS according to a trusted proxy.
pub fn is_over_tls(request: &HttpRequest) -> bool {
    request.extensions().contains::<OverTls>()
}

/// Returns the host that the browser requested, with its port unless it is the default port.
///
/// Takes it from the `X-Forwarded-Host` of a trusted proxy, or else from the request's `Host`.
pub fn requested_host(request: &HttpRequest) -> Option<String> {
    let forwarded = request.extensions().get::<ForwardedHost>().map(|host| host.0.clone());
    forwarded.or_else(|| request.headers().get(HOST)?.to_str().ok().map(str::to_owned))
}
