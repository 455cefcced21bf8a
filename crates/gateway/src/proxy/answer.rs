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

/// Answers up to this size are read before they are passed back, in bytes.
const SMALL: u64 = 64 * 1024;

/// How the end of an answer's body is known (RFC 9112, 6.3).
enum Length {
    None,
    Known(u64),
    Chunked,
}

/// The answer as it is passed back. A body that stands still for `stall` is given up.
pub(super) async fn relay(mut answer: ClientResponse, is_head: bool, stall: Duration) -> Result<HttpResponse, Failure> {
    let status = answer.status();
    if status.is_informational() {
        return Err(Failure::Nonsense(format!("status {status}, which nobody asked for")));
    }
    let length = length(&answer, is_head)?;
    let mut response = HttpResponse::build(status);
    copy(answer.headers(), &mut response);
    let payload = answer.take_payload();
    Ok(match length {
        // HEAD is told what GET would be sent, and sent nothing of it.
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

fn length(answer: &ClientResponse, is_head: bool) -> Result<Length, Failure> {
    let known = answer.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let chunked = answer.headers().contains_key(header::TRANSFER_ENCODING);
    match (answer.status(), chunked, known) {
        (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED, ..) => Ok(Length::None),
        (_, true, _) => Ok(Length::Chunked),
        (_, false, Some(length)) => Ok(Length::Known(length)),
        (_, false, None) if is_head => Ok(Length::None),
        (_, false, None) => Err(Failure::Nonsense("a body whose length is not told".to_owned())),
    }
}

/// What is passed back of the headers. Those that the request layer writes on every answer it writes on this one too.
fn copy(from: &HeaderMap, to: &mut HttpResponseBuilder) {
    let named = named_by_connection(from);
    for (name, value) in from {
        if !is_hop_by_hop(name, &named) && !is_layers(name) {
            to.append_header((name.clone(), value.clone()));
        }
    }
}

fn is_layers(name: &HeaderName) -> bool {
    matches!(*name, header::X_CONTENT_TYPE_OPTIONS | header::X_FRAME_OPTIONS | header::REFERRER_POLICY)
        || name.as_str() == "x-request-id"
}

/// The whole body; nothing has been passed back yet, so the caller may ask again if it breaks off.
async fn read(mut payload: Payload, length: u64) -> Result<Bytes, Failure> {
    let length = usize::try_from(length).map_err(|error| Failure::Nonsense(error.to_string()))?;
    let first = match payload.next().await {
        None => Bytes::new(),
        Some(chunk) => chunk.map_err(|error| Failure::Died(error.to_string()))?,
    };
    // Read to the end even when all is there: only then does the connection go back to be used again.
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        if whole.is_empty() {
            whole.reserve(length);
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&chunk.map_err(|error| Failure::Died(error.to_string()))?);
    }
    let body = if whole.is_empty() { first } else { whole.freeze() };
    if body.len() == length {
        Ok(body)
    } else {
        Err(Failure::Died(format!("{} of {length} bytes arrived", body.len())))
    }
}

/// The body as it comes; one that stands still ends with an error, and the client sees that it is not whole.
fn bounded(payload: Payload, stall: Duration) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    stream::unfold(payload, move |mut payload| async move {
        match tokio::time::timeout(stall, payload.next()).await {
            Ok(chunk) => chunk.map(|chunk| (chunk, payload)),
            Err(late) => Some((Err(PayloadError::Io(late.into())), Payload::None)),
        }
    })
}
