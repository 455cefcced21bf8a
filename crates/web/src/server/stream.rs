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

/// The time limit from the first byte of a request to the first byte of its response.
///
/// actix limits only the first head of a connection, and the body has its own limit. Without this deadline, a client
/// could send the second head arbitrarily slowly.
const RESPONSE_DEADLINE: Duration = Duration::from_secs(30);
/// The time limit for a client to read any part of a response.
///
/// A slow client makes progress: the kernel accepts more output with every 8 KiB that the client reads (see `UNSENT`).
const WRITE_DEADLINE: Duration = RESPONSE_DEADLINE;
/// The maximum number of bytes per read.
const PART: usize = 2 * 1024;
/// The maximum number of bytes per read of a body of unknown length, because another request may follow it.
const PART_OF_CHUNKED_BODY: usize = 256;

/// The maximum number of 4 KiB parts of input that are discarded after a refusal.
const DISCARDED_PARTS: usize = 32;

/// The connection of a client.
///
/// It closes when a request takes longer than [`RESPONSE_DEADLINE`], when the client does not read for
/// [`WRITE_DEADLINE`], or to make room. Replaces actix's empty error responses with problems.
///
/// Passes one request at a time to actix. actix parses all requests in its buffer. It keeps them, and unread bodies,
/// until there is a response, without a memory limit.
///
/// Nothing is read while a request is active, unless its handler waits for the body. Nothing is read from a client that
/// does not read.
pub(super) struct Stream<Io = TcpStream> {
    io: Io,
    connection: Connection,
    refusals: Rc<Refusals>,
    /// The arrival time of the first byte of a request without a response.
    started: Option<Instant>,
    /// The time since when the client has not read the pending output.
    blocked: Option<Instant>,
    /// One timer for both deadlines. It is reset when it fires, not for every request. Both deadlines have the same
    /// length, so none passes before the timer fires.
    timer: Option<Pin<Box<Sleep>>>,
    refusing: Option<Refusing>,
    /// Bytes that were read but not passed on, because they follow the head of a request.
    held: BytesMut,
    head: HeadScanner,
    /// Whether more input may be available after the passed input is parsed.
    is_parsed_first: bool,
}

/// Finds the end of a request's head: an empty line (RFC 9112, section 2.1). Like actix, it accepts LF with or without
/// CR as the end of a line.
#[derive(Default)]
struct HeadScanner {
    has_text: bool,
}

impl HeadScanner {
    /// Returns how many of these bytes belong to the head. The bytes follow those of the previous call.
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

/// A refusal in transmission, in place of an empty response.
struct Refusing {
    rest: Bytes,
    /// The length of the empty response. It counts as written when the last byte of the refusal is written.
    replaced: usize,
}

/// A connection that can be dropped with its unsent output. Otherwise the kernel keeps that output for minutes.
pub(super) trait Abort {
    fn abort(&self);
}

impl Abort for TcpStream {
    fn abort(&self) {
        // On a closed connection this fails, and there is no output to drop.
        let _ = self.set_zero_linger();
    }
}

impl<Io> Stream<Io> {
    pub(super) fn new(io: Io, connection: Connection, refusals: Rc<Refusals>) -> Self {
        Self {
            io,
            connection,
            refusals,
            started: None,
            blocked: None,
            timer: None,
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
    /// Returns an error if the connection is closed to make room.
    fn check_open(&self, cx: &Context<'_>) -> io::Result<()> {
        if !self.connection.is_closed(cx) {
            return Ok(());
        }
        if self.blocked.is_some() {
            self.io.abort();
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// Returns an error once a deadline has passed.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let response = self.started.map(|started| started + RESPONSE_DEADLINE);
        let write = self.blocked.map(|blocked| blocked + WRITE_DEADLINE);
        let Some(due) = response.into_iter().chain(write).min() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        while timer.as_mut().poll(cx).is_ready() {
            if due <= Instant::now() {
                if write == Some(due) {
                    self.connection.report(CloseReason::WriteStalled);
                    self.io.abort();
                }
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            timer.as_mut().reset(due);
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
        if length > 0 && self.started.is_none() {
            self.started = Some(Instant::now());
            if state.is_waiting() {
                state.mark_waiting();
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Refuses a head that is too long. Returns the error that ends the connection.
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

    /// Discards input that has arrived. A connection that closes with unread input is reset, and its client may lose
    /// the refusal.
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
        this.started = None;
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
