use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_rt::net::{ActixStream, Ready, TcpStream};
use actix_service::{Service, fn_service};
use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Connector};
use actix_web::http::Uri;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The maximum number of connections to a service from one worker. Further requests wait within their deadline.
const CONNECTIONS: usize = 512;
/// The time after which an idle connection closes. The service closes it later (75 s), so that few requests use a
/// closing connection.
const IDLE: Duration = Duration::from_mins(1);
/// The maximum age of a connection. After this time, a service that moved to another address is reached again.
const LIFETIME: Duration = Duration::from_mins(5);

/// Creates a client with persistent connections.
pub(super) fn client(connect_deadline: Duration) -> awc::Client {
    let tcp = Connector::default().service();
    let connect = fn_service(move |target: ConnectInfo<Uri>| {
        let connected = tcp.call(target);
        async move {
            let (stream, target): (TcpStream, Uri) = connected.await?.into_parts();
            stream.set_nodelay(true).map_err(ConnectError::Io)?;
            Ok::<_, ConnectError>(Connection::new(target, EofAsError(stream)))
        }
    });
    let connector = awc::Connector::new()
        .connector(std::rc::Rc::new(connect))
        .timeout(connect_deadline)
        .limit(CONNECTIONS)
        .conn_keep_alive(IDLE)
        .conn_lifetime(LIFETIME);
    awc::Client::builder().connector(connector).disable_timeout().disable_redirects().no_default_headers().finish()
}

/// A stream that reports the end of the connection as an error.
///
/// An HTTP/1.1 response declares its length, so the end of the connection never ends it. awc would accept a truncated
/// chunked response as complete.
#[derive(Debug)]
struct EofAsError(TcpStream);

impl AsyncRead for EofAsError {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buffer))?;
        let ended = buffer.filled().len() == before && buffer.remaining() > 0;
        Poll::Ready(if ended { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) })
    }
}

impl AsyncWrite for EofAsError {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl ActixStream for EofAsError {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.0, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.0, cx)
    }
}
