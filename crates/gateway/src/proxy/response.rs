use std::time::Duration;

use actix_web::body::{BodyStream, SizedStream};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpMessage, HttpResponse, HttpResponseBuilder};
use awc::ClientResponse;
use futures_util::{Stream, StreamExt, stream};

use super::failure::Failure;
use super::headers::{is_hop_by_hop, named_by_connection};

/// The maximum size of a response that is read completely before it is forwarded, in bytes.
const SMALL: u64 = 64 * 1024;

/// The length of a response body (RFC 9112, 6.3).
enum Length {
    None,
    Known(u64),
    Chunked,
}

/// Returns the response to forward. A body that makes no progress for `stall` is aborted.
pub(super) async fn relay(
    mut received: ClientResponse,
    is_head: bool,
    stall: Duration,
) -> Result<HttpResponse, Failure> {
    let status = received.status();
    if status.is_informational() {
        return Err(Failure::InvalidResponse(format!("unexpected status {status}")));
    }
    let length = body_length(&received, is_head)?;
    let mut response = HttpResponse::build(status);
    copy(received.headers(), &mut response);
    let payload = received.take_payload();
    Ok(match length {
        // A response to HEAD has the headers of GET and no body.
        Length::Known(length) if is_head => {
            response.body(SizedStream::new(length, stream::empty::<Result<Bytes, PayloadError>>()))
        }
        _ if is_head => response.finish(),
        Length::None => response.finish(),
        Length::Known(length) if length <= SMALL => response.body(read(payload, length).await?),
        Length::Known(length) => response.body(SizedStream::new(length, Box::pin(bounded(payload, stall)))),
        Length::Chunked => response.body(BodyStream::new(Box::pin(bounded(payload, stall)))),
    })
}

fn body_length(received: &ClientResponse, is_head: bool) -> Result<Length, Failure> {
    let known =
        received.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let chunked = received.headers().contains_key(header::TRANSFER_ENCODING);
    match (received.status(), chunked, known) {
        (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED, ..) => Ok(Length::None),
        (_, true, _) => Ok(Length::Chunked),
        (_, false, Some(length)) => Ok(Length::Known(length)),
        (_, false, None) if is_head => Ok(Length::None),
        (_, false, None) => Err(Failure::InvalidResponse("a body without a length".to_owned())),
    }
}

/// Copies the headers to forward. The request layer sets its own headers on every response.
fn copy(from: &HeaderMap, to: &mut HttpResponseBuilder) {
    let named = named_by_connection(from);
    for (name, value) in from {
        if !is_hop_by_hop(name, &named) && !is_set_by_request_layer(name) {
            to.append_header((name.clone(), value.clone()));
        }
    }
}

fn is_set_by_request_layer(name: &HeaderName) -> bool {
    matches!(*name, header::X_CONTENT_TYPE_OPTIONS | header::X_FRAME_OPTIONS | header::REFERRER_POLICY)
        || name.as_str() == "x-request-id"
}

/// Reads the whole body. No part of it is forwarded yet, so that a caller can retry after an error.
async fn read(mut payload: Payload, length: u64) -> Result<Bytes, Failure> {
    let length = usize::try_from(length).map_err(|error| Failure::InvalidResponse(error.to_string()))?;
    let first = match payload.next().await {
        None => Bytes::new(),
        Some(chunk) => chunk.map_err(|error| Failure::ConnectionClosed(error.to_string()))?,
    };
    // Reads until the end even if the body is complete, because only then can the connection be reused.
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        if whole.is_empty() {
            whole.reserve(length);
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&chunk.map_err(|error| Failure::ConnectionClosed(error.to_string()))?);
    }
    let body = if whole.is_empty() { first } else { whole.freeze() };
    if body.len() == length {
        Ok(body)
    } else {
        Err(Failure::ConnectionClosed(format!("{} of {length} bytes arrived", body.len())))
    }
}

/// Streams the body. A stalled body ends with an error, so that the client sees that it is incomplete.
fn bounded(payload: Payload, stall: Duration) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    stream::unfold(payload, move |mut payload| async move {
        match tokio::time::timeout(stall, payload.next()).await {
            Ok(chunk) => chunk.map(|chunk| (chunk, payload)),
            Err(elapsed) => Some((Err(PayloadError::Io(elapsed.into())), Payload::None)),
        }
    })
}
