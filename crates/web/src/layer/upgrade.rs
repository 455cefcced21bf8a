//! `Upgrade` is ignored: the server supports no other protocol (RFC 9110, 7.8).
//!
//! actix-http has no option for this. It repeats the header `Connection: upgrade` in its response.
//! After an offer of `websocket`, it treats all further input as the body, whatever `Content-Length` is.

use actix_web::HttpMessage;
use actix_web::dev::{Payload, RequestHead, ResponseHead, ServiceRequest};
use actix_web::http::ConnectionType;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use futures_util::{StreamExt, stream};

/// An offer of another protocol in a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    /// Whether actix-http treats all further input as the body of the request.
    is_endless: bool,
}

impl Offer {
    /// Returns the offer of a request, if any. Bounds the request's body to its declared length.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        let head = request.head();
        let is_offer = head.headers().contains_key(UPGRADE) || head.upgrade();
        is_offer.then(|| {
            let is_endless = is_endless(request.head());
            if is_endless {
                bound_body(request);
            }
            Self { is_endless }
        })
    }

    /// Sends the response without an upgrade, and closes the connection after it.
    pub(super) fn decline(self, head: &mut ResponseHead) {
        head.set_connection_type(ConnectionType::Close);
        if self.is_endless {
            // actix-http does not write chunks here, although it announces them.
            head.no_chunking(true);
        }
    }
}

/// Whether the body has no end. A chunked body has an end, which actix-http respects.
fn is_endless(head: &RequestHead) -> bool {
    let mut protocols = head.headers().get_all(UPGRADE).flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    !head.headers().contains_key(TRANSFER_ENCODING)
        && protocols.any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

fn bound_body(request: &mut ServiceRequest) {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let payload = request.take_payload();
    request.set_payload(take(payload, length.unwrap_or(0)));
}

/// Returns the first `length` bytes of a payload.
fn take(payload: Payload, length: u64) -> Payload {
    if length == 0 {
        return Payload::None;
    }
    let bytes = stream::unfold((payload, length), |(mut payload, left)| async move {
        if left == 0 {
            return None;
        }
        let chunk = payload.next().await?.map(|mut chunk| {
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            chunk
        });
        let left = left - chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        Some((chunk, (payload, left)))
    });
    Payload::Stream { payload: Box::pin(bytes) }
}
