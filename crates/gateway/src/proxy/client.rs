use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_rt::net::{ActixStream, Ready, TcpStream};
use actix_service::{Service, fn_service};
use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Connector};
use actix_web::http::Uri;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Connections to services from one worker; what comes when all are busy waits within its deadline.
const CONNECTIONS: usize = 512;
/// Idle connections are closed before the service closes them (75 s), so that few requests meet one that is closing.
const IDLE: Duration = Duration::from_mins(1);
/// A service that moved to another address is found again within this time.
const LIFETIME: Duration = Duration::from_mins(5);

/// A client whose connections are kept.
pub(super) fn client(connect_deadline: Duration) -> awc::Client {
    let tcp = Connector::default().service();
    let connect = fn_service(move |target: ConnectInfo<Uri>| {
        let connected = tcp.call(target);
        async move {
            let (stream, target): (TcpStream, Uri) = connected.await?.into_parts();
            stream.set_nodelay(true).map_err(ConnectError::Io)?;
            Ok::<_, ConnectError>(Connection::new(target, Whole(stream)))
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

/// A stream whose end is an error.
///
/// An HTTP/1.1 answer says how long it is, so the end of the connection is never its end. awc would take it for one,
/// and a chunked answer that broke off for a whole one.
#[derive(Debug)]
struct Whole(TcpStream);

impl AsyncRead for Whole {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buffer))?;
        let ended = buffer.filled().len() == before && buffer.remaining() > 0;
        Poll::Ready(if ended { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) })
    }
}

impl AsyncWrite for Whole {
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

impl ActixStream for Whole {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.0, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.0, cx)
    }
}
