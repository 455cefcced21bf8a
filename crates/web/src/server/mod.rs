//! Listening and draining, the same for every process.
//!
//! The server has the parts of `HttpServer` on top of a custom `stream`. Every request on a connection has a deadline,
//! not only the first. The number of connections is limited. A client that does not read is disconnected. A malformed
//! head is rejected with a problem.
//!
//! - `stream`: the deadlines of a connection, and the amount of input that is read ahead.
//! - `connections`: the limits of connections, and the choice of the one to close.
//! - `requests`: the active request of a connection.
//! - `refusal`: the response to a request that never reaches the app.

mod connections;
mod refusal;
mod requests;
mod stream;

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol, Request, Response};
use actix_rt::net::{TcpSocket, TcpStream};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::{Error, HttpRequest};

use connections::State;
pub use connections::{ConnectionLimits, Connections};
pub use refusal::Refusals;
use requests::{ActiveRequest, ResponseBody};
use stream::Stream;

/// The maximum number of connections that wait to be accepted.
const BACKLOG: u32 = 4_096;
/// The approximate maximum of bytes that the kernel buffers for a client before they are sent.
///
/// A slow client thus makes frequent progress, and a client that does not read costs little memory.
const UNSENT: u32 = 16 * 1024;
/// The number of buffered bytes at which no more of a response is requested, in a buffer of 8 KiB.
///
/// A head and a part of a long response fit in (see the request layer's `parts`). The buffer of a client that does not
/// read stays small.
const WRITE_BUFFER: usize = 1024;
/// The time after which an idle connection is closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The time limit for the first head on a connection.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// The time limit for a client to read the rest and close.
const DISCONNECT_DEADLINE: Duration = Duration::from_secs(2);
/// The time limit for a stopping process to finish the requests in flight at all its listeners, in seconds.
pub const DRAIN_SECONDS: u64 = 10;
/// The time after which a server cuts connections itself, in seconds. The process does so earlier and counts them.
const SERVER_DRAIN_SECONDS: u64 = DRAIN_SECONDS * 2;

/// The size of a server.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// The number of threads that serve connections.
    pub workers: usize,
    /// The number of threads per worker for blocking work.
    pub blocking_threads: usize,
}

/// A reserved address. It refuses connections until [`Bound::listen`].
#[derive(Debug)]
pub struct Bound(TcpSocket);

/// Reserves an address. Returns an error if another socket listens there.
pub fn bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(Bound(socket))
}

impl Bound {
    /// Returns the address, with the assigned port if port 0 was requested.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Starts to listen. Connections queue until [`serve`] accepts them.
    ///
    /// Returns an error if another socket was bound to the same address and listens first.
    pub fn listen(self) -> io::Result<TcpListener> {
        let listener = self.0.listen(BACKLOG)?.into_std()?;
        // Accepted sockets inherit this option. Systems without the option buffer more.
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&listener).set_tcp_notsent_lowat(UNSENT);
        Ok(listener)
    }
}

/// The connection data that handlers can read.
struct ConnectionData {
    state: Arc<State>,
    draining: GracefulShutdownSignal,
}

/// Resolves when the server of this request drains. An endless response must then end, because the server waits for it.
///
/// Never resolves for a request without a server, as in tests of an app.
pub fn draining(request: &HttpRequest) -> impl Future<Output = ()> + use<> {
    let draining = request.conn_data::<ConnectionData>().map(|data| data.draining.clone());
    async move {
        match draining {
            Some(draining) => draining.notified().await,
            None => std::future::pending().await,
        }
    }
}

/// Serves `app` on `listener` until the server's handle stops it. The runtime keeps running, because other servers may
/// still drain.
pub fn serve<F, I, S, B>(
    listener: TcpListener,
    settings: ServerSettings,
    refusals: Refusals,
    connections: Connections,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    // The server stops accepting at this number. It is above the limit, because some connections are still opening or
    // closing.
    let total = connections.limits().total;
    let accepted = total + total / 32 + 32;
    let builder = Server::build()
        .workers(settings.workers)
        .worker_max_blocking_threads(settings.blocking_threads)
        .max_concurrent_connections(accepted.div_ceil(settings.workers))
        .shutdown_timeout(SERVER_DRAIN_SECONDS)
        .disable_signals();
    let draining = builder.graceful_shutdown_signal();
    let builder = builder.listen(format!("http {address}"), listener, move || {
        let (refusals, connections) = (Rc::new(refusals.clone()), connections.clone());
        let (draining, draining_of_handlers) = (draining.clone(), draining.clone());
        let app = apply_fn_factory(app(), |mut request: Request, app: &S::Service| {
            let active = ActiveRequest::begin(&mut request);
            let response = app.call(request);
            async move {
                let response: Response<B> = response.await?.into();
                Ok(response.map_body(|_, body| ResponseBody { body: body.boxed(), _request: active }))
            }
        });
        let app = map_config(app.map_err(|error| error.into().error_response()), |()| AppConfig::default());
        let http = HttpService::build()
            // Without this signal, idle connections would delay a drain until its deadline.
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_DEADLINE)
            .client_disconnect_timeout(DISCONNECT_DEADLINE)
            .h1_write_buffer_size(WRITE_BUFFER)
            .on_connect_ext(move |stream: &Stream, data| {
                let state = Arc::clone(stream.connection().state());
                data.insert(ConnectionData { state, draining: draining_of_handlers.clone() });
            })
            .local_addr(address)
            .finish(app);
        fn_service(move |io: TcpStream| {
            let (refusals, connections) = (Rc::clone(&refusals), connections.clone());
            async move {
                // Sends each response at once, without waiting for the acknowledgement of the previous one.
                io.set_nodelay(true)?;
                let peer = io.peer_addr()?;
                let connection = connections.enter(peer.ip()).ok_or_else(no_room)?;
                Ok((Stream::new(io, connection, refusals), Protocol::Http1, Some(peer)))
            }
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

/// The error of a connection that was not admitted.
fn no_room() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}
