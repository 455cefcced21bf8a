use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, Uri};
use percent_encoding::percent_decode_str;
use steward_contracts::services::client_address;

use super::Shared;
use super::context::RequestContext;
use crate::ApiError;
use crate::origin::{ForwardedAddress, ForwardedHost, OverTls};
use crate::query::check_escapes;

/// Makes a request fit for handlers, or says why it is not.
pub(super) fn admit(shared: &Shared, request: &mut ServiceRequest) -> Result<(), ApiError> {
    believe_address(shared, request);
    ask_proxies(shared, request);
    // We are nobody's tunnel, and the body of a CONNECT has no end that could be waited for.
    if request.method() == Method::CONNECT {
        return Err(ApiError::MethodNotAllowed);
    }
    check_target(request.uri())?;
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    Ok(())
}

/// Puts the address that one of our own vouches for into the extensions. Whoever else claims one is not listened to.
fn believe_address(shared: &Shared, request: &mut ServiceRequest) {
    let Some(header) = request.headers_mut().remove(client_address::HEADER).next() else { return };
    let Some(vouchers) = &shared.vouchers else { return };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let now = vouchers.clock.now();
    match vouchers.key.verify_client_address(header.to_str().unwrap_or_default(), request.method().as_str(), path, now)
    {
        Ok(address) => {
            request.extensions_mut().insert(ForwardedAddress(address));
        }
        // A key that differs between two of ours has to be heard of; a stranger who sends such headers must not fill
        // the log with them.
        Err(error) if vouchers.log.is_due(now.timestamp()) => {
            let context = request.extensions().get::<RequestContext>().cloned();
            let request_id = context.as_ref().map_or("", RequestContext::id_text);
            let peer = request.peer_addr().map(|peer| peer.ip());
            tracing::warn!(request_id, ?peer, %error, "an address was passed on that nobody vouches for");
        }
        Err(_) => {}
    }
}

/// Puts what a trusted proxy tells of the caller into the extensions; an address that one of our own vouched for stays.
fn ask_proxies(shared: &Shared, request: &mut ServiceRequest) {
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

/// Refuses escapes that are incomplete, or stand for a null byte or for what is not UTF-8 in the path.
fn check_target(target: &Uri) -> Result<(), ApiError> {
    for part in [Some(target.path()), target.query()].into_iter().flatten() {
        if part.contains('%') {
            check_escapes(part)?;
            if part.contains("%00") {
                return Err(ApiError::Malformed("The address holds a null byte".into()));
            }
        }
    }
    match percent_decode_str(target.path()).decode_utf8() {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::Malformed("The path holds percent-escapes that are not UTF-8".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_escapes_and_null_bytes_are_malformed() {
        for target in ["/a%", "/a%2", "/a%zz", "/a%00b", "/?q=%00", "/?q=%", "/%ff", "/%c3%28"] {
            let target: Uri = target.parse().unwrap();
            assert!(matches!(check_target(&target), Err(ApiError::Malformed(_))), "{target}");
        }
        for target in ["/", "/a%20b", "/%ED%99%8D?q=%25", "/?q=100%25"] {
            assert!(check_target(&target.parse().unwrap()).is_ok(), "{target}");
        }
    }
}
