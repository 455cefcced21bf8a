use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, Uri};
use percent_encoding::percent_decode_str;
use steward_contracts::services::client_address;

use super::Shared;
use super::context::RequestContext;
use crate::HttpError;
use crate::origin::{ForwardedAddress, ForwardedHost, OverTls};
use crate::query::check_escapes;

/// Prepares a request for the handlers, or returns the reason to reject it.
pub(super) fn admit(shared: &Shared, request: &mut ServiceRequest) -> Result<(), HttpError> {
    accept_signed_address(shared, request);
    accept_forwarded(shared, request);
    // The server is not a proxy, and the body of a CONNECT request has no end.
    if request.method() == Method::CONNECT {
        return Err(HttpError::MethodNotAllowed);
    }
    check_target(request.uri())?;
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    Ok(())
}

/// Stores the signed client address in the extensions. An invalid signature has no effect.
fn accept_signed_address(shared: &Shared, request: &mut ServiceRequest) {
    let Some(header) = request.headers_mut().remove(client_address::HEADER).next() else { return };
    let Some(trusted_key) = &shared.trusted_key else { return };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let now = trusted_key.clock.now();
    match trusted_key.key.verify_client_address(
        header.to_str().unwrap_or_default(),
        request.method().as_str(),
        path,
        now,
    ) {
        Ok(address) => {
            request.extensions_mut().insert(ForwardedAddress(address));
        }
        // Two services with different keys must show in the log, but clients must not be able to fill the log.
        Err(error) if trusted_key.log.is_due(now.timestamp()) => {
            let context = request.extensions().get::<RequestContext>().cloned();
            let request_id = context.as_ref().map_or("", RequestContext::id_text);
            let peer = request.peer_addr().map(|peer| peer.ip());
            tracing::warn!(request_id, ?peer, %error, "invalid signature of a client address");
        }
        Err(_) => {}
    }
}

/// Stores the client address, scheme and host that a trusted proxy forwards in the extensions. A signed client address
/// takes precedence.
fn accept_forwarded(shared: &Shared, request: &mut ServiceRequest) {
    if shared.proxies.is_empty() {
        return;
    }
    let Some(peer) = request.peer_addr() else { return };
    let Some(arrival) = shared.proxies.arrival(peer.ip(), request.headers()) else { return };
    if !request.extensions().contains::<ForwardedAddress>() {
        request.extensions_mut().insert(ForwardedAddress(arrival.client));
    }
    if arrival.over_tls {
        request.extensions_mut().insert(OverTls);
    }
    if let Some(host) = shared.proxies.host(peer.ip(), request.headers()).map(str::to_owned) {
        request.extensions_mut().insert(ForwardedHost(host));
    }
}

/// Rejects incomplete percent-escapes, null bytes, and a path that is not UTF-8.
fn check_target(target: &Uri) -> Result<(), HttpError> {
    for part in [Some(target.path()), target.query()].into_iter().flatten() {
        if part.contains('%') {
            check_escapes(part)?;
            if part.contains("%00") {
                return Err(HttpError::Malformed("The URL contains a null byte".into()));
            }
        }
    }
    match percent_decode_str(target.path()).decode_utf8() {
        Ok(_) => Ok(()),
        Err(_) => Err(HttpError::Malformed("The path contains percent-escapes that are not UTF-8".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_escapes_and_null_bytes_are_malformed() {
        for target in ["/a%", "/a%2", "/a%zz", "/a%00b", "/?q=%00", "/?q=%", "/%ff", "/%c3%28"] {
            let target: Uri = target.parse().unwrap();
            assert!(matches!(check_target(&target), Err(HttpError::Malformed(_))), "{target}");
        }
        for target in ["/", "/a%20b", "/%ED%99%8D?q=%25", "/?q=100%25"] {
            assert!(check_target(&target.parse().unwrap()).is_ok(), "{target}");
        }
    }
}
