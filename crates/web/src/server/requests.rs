use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use actix_http::{Payload, Request};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::ConnectionData;
use super::connections::State;

/// An active request, from the arrival of its head to the end of its response.
///
/// Its connection is not closed to make room, unless the handler waits for the body.
pub(super) struct ActiveRequest {
    state: Arc<State>,
    /// Kept until the end of the response, even if no handler reads it. actix then closes the connection instead of
    /// reading the rest.
    body: Option<Rc<RefCell<Payload>>>,
}

impl ActiveRequest {
    /// Returns `None` for a request without a [`Stream`](super::stream::Stream).
    pub(super) fn begin(request: &mut Request) -> Option<Self> {
        let state = Arc::clone(&request.conn_data::<ConnectionData>()?.state);
        let payload = request.take_payload();
        state.begin_request(match payload {
            Payload::None => Some(0),
            _ => request.head().headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()),
        });
        let body = match payload {
            Payload::None => None,
            payload => {
                let payload = Rc::new(RefCell::new(payload));
                let body = RequestBody { payload: Rc::clone(&payload), state: Arc::clone(&state) };
                *request.payload() = Payload::Stream { payload: Box::pin(body) };
                Some(payload)
            }
        };
        Some(Self { state, body })
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let is_unfinished = self.body.as_ref().is_some_and(|body| is_unfinished(&mut body.borrow_mut()));
        self.state.end_request(is_unfinished);
    }
}

/// Whether more of the body has to arrive. Discards the part that has arrived.
fn is_unfinished(body: &mut Payload) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut *body).poll_next(&mut cx) {
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(None | Some(Err(_))) => return false,
            Poll::Pending => return true,
        }
    }
}

/// The body of a request. It records when the handler waits for input.
struct RequestBody {
    payload: Rc<RefCell<Payload>>,
    state: Arc<State>,
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = Pin::new(&mut *self.payload.borrow_mut()).poll_next(cx);
        match part {
            Poll::Pending => self.state.await_body(),
            Poll::Ready(_) => self.state.end_wait(),
        }
        part
    }
}

/// The body of the response to an [`ActiveRequest`]. The request ends with it.
pub(super) struct ResponseBody {
    pub(super) body: BoxBody,
    pub(super) _request: Option<ActiveRequest>,
}

impl MessageBody for ResponseBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
