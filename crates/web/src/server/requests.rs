use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::{Payload, Request};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use super::ConnectionData;
use super::connections::State;

/// Notes on the connection of a request that the server works on it, as soon as all of it has arrived.
pub(super) fn note_arrival(request: &mut Request) {
    let Some(data) = request.conn_data::<ConnectionData>() else { return };
    let state = Arc::clone(&data.state);
    match request.take_payload() {
        Payload::None => state.mark_busy(),
        payload => *request.payload() = Payload::Stream { payload: Box::pin(Body { payload, state }) },
    }
}

/// A body that is still to arrive.
struct Body {
    payload: Payload,
    state: Arc<State>,
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let part = Pin::new(&mut self.payload).poll_next(cx);
        if matches!(part, Poll::Ready(None | Some(Err(_)))) {
            self.state.mark_busy();
        }
        part
    }
}
