use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_rt::net::TcpStream;
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connections::Connection;
use super::refusal::Refusals;

/// From the first byte of a request to the first byte of its answer.
///
/// actix bounds the first head of a connection, and bodies are bounded where they are read; without this a client
/// could trickle the second head for ever.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// A client's connection that is closed when a request on it takes longer than [`ANSWER_DEADLINE`], and on which
/// actix's bare refusals leave as problems.
pub(super) struct Stream<Io = TcpStream> {
    io: Io,
    _connection: Connection,
    refusals: Rc<Refusals>,
    /// When the request that waits for its answer began to arrive.
    began: Option<Instant>,
    /// Armed once per deadline and not per request: when it rings it is set to what is due then.
    alarm: Option<Pin<Box<Sleep>>>,
    refusing: Option<Refusing>,
}

/// A refusal on its way out in the place of a bare one.
struct Refusing {
    rest: Bytes,
    /// Bytes of the bare one, which count as written when the last byte of ours is.
    replaced: usize,
}

impl<Io> Stream<Io> {
    pub(super) fn new(io: Io, connection: Connection, refusals: Rc<Refusals>) -> Self {
        Self { io, _connection: connection, refusals, began: None, alarm: None, refusing: None }
    }

    /// Whether the request that arrives has used up its time.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.began.map(|began| began + ANSWER_DEADLINE) else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        while alarm.as_mut().poll(cx).is_ready() {
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Stream<Io> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.io).poll_read(cx, buffer) {
            Poll::Pending => this.poll_late(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            read @ Poll::Ready(_) => {
                if buffer.filled().len() > before && this.began.is_none() {
                    this.began = Some(Instant::now());
                }
                read
            }
        }
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Stream<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.began = None;
        if this.refusing.is_none() {
            match this.refusals.instead_of(bytes) {
                Some(rest) => this.refusing = Some(Refusing { rest, replaced: bytes.len() }),
                None => return Pin::new(&mut this.io).poll_write(cx, bytes),
            }
        }
        let Some(refusing) = &mut this.refusing else { return Poll::Ready(Ok(0)) };
        while !refusing.rest.is_empty() {
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, &refusing.rest))?;
            if written == 0 {
                return Poll::Ready(Ok(0));
            }
            let _ = refusing.rest.split_to(written);
        }
        let replaced = refusing.replaced;
        this.refusing = None;
        Poll::Ready(Ok(replaced))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use steward_testkit::TestIds;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::super::Connections;
    use super::*;
    use crate::{Metrics, RequestIds};

    fn connection() -> (DuplexStream, Stream<DuplexStream>) {
        let (client, server) = duplex(1_024);
        let ids = std::sync::Arc::new(RequestIds::new(&TestIds::seeded(1)));
        let refusals = Refusals::new(ids, Metrics::new().unwrap().http());
        (client, Stream::new(server, Connections::default().enter(), Rc::new(refusals)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_on_a_used_connection_is_cut_off() {
        let (mut client, mut server) = connection();
        let mut buffer = [0; 16];
        client.write_all(b"GET / ").await.unwrap();
        assert!(server.read(&mut buffer).await.unwrap() > 0);
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        tokio::time::advance(ANSWER_DEADLINE * 2).await;

        client.write_all(b"G").await.unwrap();
        assert!(server.read(&mut buffer).await.unwrap() > 0);
        let began = Instant::now();
        let trickle = async {
            for _ in 0..100 {
                tokio::time::advance(Duration::from_secs(1)).await;
                client.write_all(b"E").await.unwrap();
            }
        };
        let reading = async {
            loop {
                if let Err(error) = server.read(&mut buffer).await {
                    return (error.kind(), began.elapsed());
                }
            }
        };
        tokio::select! {
            () = trickle => panic!("was never cut off"),
            (kind, after) = reading => {
                assert_eq!(kind, io::ErrorKind::TimedOut);
                let late = after.saturating_sub(ANSWER_DEADLINE);
                assert!(after >= ANSWER_DEADLINE && late <= Duration::from_secs(1), "{after:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_left_alone() {
        let (mut client, mut server) = connection();
        let mut buffer = [0; 16];
        client.write_all(b"GET / ").await.unwrap();
        assert!(server.read(&mut buffer).await.unwrap() > 0);
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let idle = tokio::time::timeout(ANSWER_DEADLINE * 10, server.read(&mut buffer)).await;
        assert!(idle.is_err(), "{idle:?}");
    }

    #[tokio::test]
    async fn a_bare_refusal_leaves_as_a_problem_through_a_narrow_pipe() {
        let (mut client, server) = duplex(7);
        let ids = std::sync::Arc::new(RequestIds::new(&TestIds::seeded(1)));
        let refusals = Refusals::new(ids, Metrics::new().unwrap().http());
        let mut server = Stream::new(server, Connections::default().enter(), Rc::new(refusals));
        let sending = async {
            let bare = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            server.write_all(bare).await.unwrap();
            drop(server);
        };
        let mut received = String::new();
        let receiving = client.read_to_string(&mut received);
        let ((), read) = futures_util::future::join(sending, receiving).await;
        read.unwrap();
        let (head, body) = received.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
        assert!(
            head.contains("content-type: application/problem+json") && head.contains("connection: close"),
            "{head}"
        );
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
        let problem: steward_contracts::Problem = serde_json::from_str(body).unwrap();
        assert_eq!((problem.status, &*problem.kind), (400, "urn:steward:problem:malformed"));
    }
}
