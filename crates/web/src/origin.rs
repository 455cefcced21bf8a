use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, USER_AGENT};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use steward_domain::Origin;

use crate::ApiError;

/// Where the request came from, for the audit trail.
///
/// The address is the connection's, unless the request layer found that a gateway of ours, or a proxy that the operator
/// trusts, passed another one on.
pub struct CallerOrigin(pub Origin);

/// The address that somebody who is believed passed on; put into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForwardedAddress(pub IpAddr);

/// That a request came over TLS, as a trusted proxy says; put into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// The host that the browser asked for, as a trusted proxy passes it on; put into the request's extensions.
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

/// The address of whoever a request is for: the one that a service of ours vouches for or a trusted proxy tells, or else
/// the connection's.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let forwarded = request.extensions().get::<ForwardedAddress>().map(|address| address.0);
    forwarded.or_else(|| request.peer_addr().map(|peer| peer.ip()))
}

/// Whether a request came over TLS, as a trusted proxy says.
pub fn is_over_tls(request: &HttpRequest) -> bool {
    request.extensions().contains::<OverTls>()
}

/// The host, and the port where it is no default, that the browser asked for: as a trusted proxy passes it on
/// (`X-Forwarded-Host`), or else the request's own `Host`.
pub fn requested_host(request: &HttpRequest) -> Option<String> {
    let forwarded = request.extensions().get::<ForwardedHost>().map(|host| host.0.clone());
    forwarded.or_else(|| request.headers().get(HOST)?.to_str().ok().map(str::to_owned))
}
