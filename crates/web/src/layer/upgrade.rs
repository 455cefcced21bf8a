//! `Upgrade` is ignored: no other protocol is spoken here (RFC 9110, 7.8).
//!
//! actix-http has no switch for it. It answers `Connection: upgrade` with `Connection: upgrade`, and it takes everything
//! that follows an `Upgrade: websocket` for the body, whatever `Content-Length` says.

use actix_web::HttpMessage;
use actix_web::dev::{Payload, RequestHead, ResponseHead, ServiceRequest};
use actix_web::http::ConnectionType;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use futures_util::{StreamExt, stream};

/// An offer of another protocol, which came with a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    /// Whether actix-http takes all that follows the request for its body.
    is_endless: bool,
}

impl Offer {
    /// The offer of a request, if it makes one. Its body then ends where it ends without the offer.
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

    /// Answers as if there were no offer. The connection ends with the answer.
    pub(super) fn decline(self, head: &mut ResponseHead) {
        head.set_connection_type(ConnectionType::Close);
        if self.is_endless {
            // actix-http writes no chunks there, though it says so.
            head.no_chunking(true);
        }
    }
}

/// A chunked body has its own end, and actix-http honours it.
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

/// The first `length` bytes of a payload.
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
