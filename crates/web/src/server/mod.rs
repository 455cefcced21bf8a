//! Listening and draining, the same for every process.
//!
//! It is what `HttpServer` puts together, with a `stream` of our own below it: a request has a deadline on every
//! connection, not on a new one alone, connections are limited in number, a client that does not read is cut off, and a
//! head that cannot be read is refused with a problem.
//!
//! - `stream`: the deadlines of a connection, and what is read from it ahead.
//! - `connections`: how many there are, and which makes room for a new one.
//! - `requests`: the request that is in work on a connection.
//! - `refusal`: what clients read whose request never reached the app.

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

/// Connections that wait to be accepted, at the most.
const BACKLOG: u32 = 4_096;
/// Bytes that the system takes up for a client before it has sent them, at most about so many. A client that reads
/// slowly thus makes progress often, and one that does not read costs the system little.
const UNSENT: u32 = 16 * 1024;
/// With so many bytes waiting to be written, in a buffer of 8 KiB, no more is asked of an answer: a head and a part of a
/// long answer (see the request layer's `parts`) fit in, and the buffer of a client that does not read stays small.
const WRITE_BUFFER: usize = 1024;
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the first head on a connection may take.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long a client may take to read the rest and close.
const DISCONNECT_DEADLINE: Duration = Duration::from_secs(2);
/// How long a process that stops may take to finish what is in flight at all its listeners, in seconds.
pub const DRAIN_SECONDS: u64 = 10;
/// When a server gives up by itself, in seconds: never before the process does, which counts what it cuts.
const SERVER_DRAIN_SECONDS: u64 = DRAIN_SECONDS * 2;

/// How a server is sized.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// Threads that serve connections.
    pub workers: usize,
    /// Threads per worker for what blocks.
    pub blocking_threads: usize,
}

/// An address that is reserved. Connections are refused until it is listened at.
#[derive(Debug)]
pub struct Bound(TcpSocket);

/// Reserves an address. Fails if another socket listens there.
pub fn bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(Bound(socket))
}

impl Bound {
    /// The address, with the port that was given where any was asked for.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Begins to listen. Connections queue from here on, and are served once [`serve`] runs. Fails if another socket was
    /// bound to the address as well, and listens there by now.
    pub fn listen(self) -> io::Result<TcpListener> {
        let listener = self.0.listen(BACKLOG)?.into_std()?;
        // What is accepted inherits it. A system without it takes up more.
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&listener).set_tcp_notsent_lowat(UNSENT);
        Ok(listener)
    }
}

/// What handlers may learn about the connection of a request.
struct ConnectionData {
    state: Arc<State>,
    draining: GracefulShutdownSignal,
}

/// Resolves when the server of this request drains. An answer without an end must end then; the server waits for it.
/// Never resolves for a request that came through no server, as in tests of an app.
pub fn draining(request: &HttpRequest) -> impl Future<Output = ()> + use<> {
    let draining = request.conn_data::<ConnectionData>().map(|data| data.draining.clone());
    async move {
        match draining {
            Some(draining) => draining.notified().await,
            None => std::future::pending().await,
        }
    }
}

/// Serves `app` on `listener` until the server's handle is asked to stop. The server leaves the runtime running, in which
/// other servers may still drain.
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
    // Accepting pauses at these: some more than are let in, which are on their way in or out.
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
            // Without it idle connections would hold up a drain to its deadline.
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
                // An answer goes out at once, not when the client has acknowledged the one before.
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

/// Why a connection ends that was not let in.
fn no_room() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}
