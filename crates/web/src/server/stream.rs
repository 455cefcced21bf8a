use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_rt::net::TcpStream;
use actix_web::web::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connections::{CloseReason, Connection, Input};
use super::refusal::Refusals;

/// From the first byte of a request to the first byte of its answer.
///
/// actix bounds the first head of a connection, and bodies are bounded where they are read; without this a client
/// could trickle the second head for ever.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// How long a client may read nothing of an answer. A slow reader makes progress: the system takes up more with every
/// 8 KiB that the client reads (see `UNSENT` in the module above).
const WRITE_DEADLINE: Duration = ANSWER_DEADLINE;
/// Bytes that are read at once.
const PART: usize = 2 * 1024;
/// Bytes that are read at once of a body of unknown length, which other requests may follow.
const PART_OF_CHUNKED_BODY: usize = 256;

/// How often 4 KiB of input are discarded after a refusal, at most.
const DISCARDED_PARTS: usize = 32;

/// A client's connection: closed when a request on it takes longer than [`ANSWER_DEADLINE`], when its client does not
/// read for [`WRITE_DEADLINE`], or to make room. actix's bare refusals leave as problems.
///
/// actix gets one request at a time: it parses all requests in its buffer, and keeps them, and bodies that no handler
/// reads, until there is a response, whatever memory that takes. Nothing is read while a request is in work, unless its
/// handler waits for the body, nor from a client that does not read.
pub(super) struct Stream<Io = TcpStream> {
    io: Io,
    connection: Connection,
    refusals: Rc<Refusals>,
    /// When the request that waits for its answer began to arrive.
    began: Option<Instant>,
    /// Since when the client has not read what waits to be written.
    blocked: Option<Instant>,
    /// Armed once per deadline and not per request: when it rings it is set to what is due then. Both deadlines are of
    /// one length, so nothing is due before it rings.
    alarm: Option<Pin<Box<Sleep>>>,
    refusing: Option<Refusing>,
    /// Bytes that were read and not handed on: what follows the head of a request.
    held: BytesMut,
    head: HeadScanner,
    /// There may be more to read, once what was handed on is parsed.
    is_parsed_first: bool,
}

/// Finds the end of a request's head: an empty line (RFC 9112, section 2.1). As actix does, it takes a line to end with
/// LF, with or without CR.
#[derive(Default)]
struct HeadScanner {
    has_text: bool,
}

impl HeadScanner {
    /// How many of these bytes, which follow the ones before, belong to the head.
    fn end(&mut self, bytes: &[u8]) -> usize {
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if self.has_text => self.has_text = false,
                b'\n' => return index + 1,
                b'\r' => {}
                _ => self.has_text = true,
            }
        }
        bytes.len()
    }
}

/// A refusal on its way out in the place of a bare one.
struct Refusing {
    rest: Bytes,
    /// Bytes of the bare one, which count as written when the last byte of ours is.
    replaced: usize,
}

/// A connection that can be given up with all that is not sent yet, which the system would else keep for minutes.
pub(super) trait Abort {
    fn abort(&self);
}

impl Abort for TcpStream {
    fn abort(&self) {
        // If it is closed already, nothing is kept.
        let _ = self.set_zero_linger();
    }
}

impl<Io> Stream<Io> {
    pub(super) fn new(io: Io, connection: Connection, refusals: Rc<Refusals>) -> Self {
        Self {
            io,
            connection,
            refusals,
            began: None,
            blocked: None,
            alarm: None,
            refusing: None,
            held: BytesMut::new(),
            head: HeadScanner::default(),
            is_parsed_first: false,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl<Io: Abort> Stream<Io> {
    /// The error with which the connection ends if it is closed to make room.
    fn check_open(&self, cx: &Context<'_>) -> io::Result<()> {
        if !self.connection.is_closed(cx) {
            return Ok(());
        }
        if self.blocked.is_some() {
            self.io.abort();
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// The error with which the connection ends once a deadline has passed.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let answer = self.began.map(|began| began + ANSWER_DEADLINE);
        let write = self.blocked.map(|blocked| blocked + WRITE_DEADLINE);
        let Some(due) = answer.into_iter().chain(write).min() else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        while alarm.as_mut().poll(cx).is_ready() {
            if due <= Instant::now() {
                if write == Some(due) {
                    self.connection.report(CloseReason::WriteStalled);
                    self.io.abort();
                }
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Stream<Io> {
    fn poll_read_part(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.is_parsed_first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let state = Arc::clone(self.connection.state());
        let input = state.input();
        let room = match input {
            _ if self.blocked.is_some() => 0,
            Input::Head { room: 0 } => return self.poll_refuse_head(cx).map(Err),
            Input::Head { room } => room.min(PART),
            Input::Body { left: Some(left) } => left.min(PART),
            Input::Body { left: None } => PART_OF_CHUNKED_BODY,
            Input::Discarded => PART,
            Input::Withheld => 0,
        };
        let room = room.min(buffer.remaining());
        if room == 0 {
            state.withhold();
            return Poll::Pending;
        }
        let is_head = matches!(input, Input::Head { .. });
        let length = if self.held.is_empty() {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut part))?;
            let part = part.filled();
            let length = if is_head { self.head.end(part) } else { part.len() };
            self.held.extend_from_slice(&part[length..]);
            buffer.advance(length);
            length
        } else {
            let part = &self.held[..room.min(self.held.len())];
            let length = if is_head { self.head.end(part) } else { part.len() };
            buffer.put_slice(&self.held.split_to(length));
            length
        };
        self.is_parsed_first = length == room || !self.held.is_empty();
        state.count_read(length);
        if length > 0 && self.began.is_none() {
            self.began = Some(Instant::now());
            if state.is_waiting() {
                state.mark_waiting();
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Refuses a head that is too long. Returns the error with which the connection ends.
    fn poll_refuse_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.refusing.is_none() {
            self.refusing = Some(Refusing { rest: self.refusals.head_too_long(), replaced: 0 });
        }
        self.poll_write_through(cx, &[]).map(|written| written.err().unwrap_or(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Stream<Io> {
    fn poll_write_through(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.refusing.is_none() {
            match self.refusals.instead_of(bytes) {
                Some(rest) => self.refusing = Some(Refusing { rest, replaced: bytes.len() }),
                None => return Pin::new(&mut self.io).poll_write(cx, bytes),
            }
        }
        let Some(refusing) = &mut self.refusing else { return Poll::Ready(Ok(0)) };
        while !refusing.rest.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &refusing.rest))?;
            if written == 0 {
                return Poll::Ready(Ok(0));
            }
            let _ = refusing.rest.split_to(written);
        }
        let replaced = refusing.replaced;
        self.refusing = None;
        self.discard_input(cx);
        Poll::Ready(Ok(replaced))
    }

    /// Drops what has arrived already: a connection that ends with unread input is reset, and its client may lose the
    /// refusal.
    fn discard_input(&mut self, cx: &mut Context<'_>) {
        let mut discarded = [0; 4 * 1024];
        for _ in 0..DISCARDED_PARTS {
            let mut buffer = ReadBuf::new(&mut discarded);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                _ => return,
            }
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Abort + Unpin> AsyncRead for Stream<Io> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check_open(cx)?;
        match this.poll_read_part(cx, buffer) {
            Poll::Pending => this.poll_overdue(cx).map(Err),
            read @ Poll::Ready(_) => read,
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Abort + Unpin> AsyncWrite for Stream<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check_open(cx)?;
        this.began = None;
        match this.poll_write_through(cx, bytes) {
            Poll::Pending => {
                if this.blocked.is_none() {
                    this.blocked = Some(Instant::now());
                    this.connection.state().mark_waiting();
                }
                this.poll_overdue(cx).map(Err)
            }
            written @ Poll::Ready(_) => {
                if this.blocked.take().is_some() {
                    let state = this.connection.state();
                    state.resume();
                    state.release();
                }
                written
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
