//! A gateway on loopback in front of a scripted service.

#![allow(dead_code, unused_imports, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{App, HttpResponse};
use steward_contracts::services::ServiceKey;
use steward_gateway::{Proxy, ProxySettings, Upstream};
use steward_testkit::TestClock;
use steward_web::service::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[path = "../../../web/tests/common/mod.rs"]
mod server;

pub(crate) use server::{Process, Response, ask, send};

/// One connection to a service.
pub(crate) struct Connection {
    stream: TcpStream,
    log: Log,
    /// The number of earlier connections.
    pub(crate) number: usize,
}

/// The requests that arrived at a service.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<(usize, Vec<String>)>>);

impl Log {
    /// Returns the number of connections.
    pub(crate) fn connections(&self) -> usize {
        self.0.borrow().0
    }

    /// Returns each request, head and body, byte for byte.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.0.borrow().1.clone()
    }
}

impl Connection {
    /// Reads one whole request; `None` if the other side closes.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    self.log.0.borrow_mut().1.push(text.clone());
                    return Some(text);
                }
            }
            let mut buffer = [0; 4_096];
            match self.stream.read(&mut buffer).await {
                Ok(length @ 1..) => read.extend_from_slice(&buffer[..length]),
                _ => return None,
            }
        }
    }

    /// Sends these bytes.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The client may have disconnected.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Sends the same response to every request.
    pub(crate) async fn always(mut self, response: &str) {
        while self.request().await.is_some() {
            self.send(response).await;
        }
    }
}

/// Starts a service that handles each connection with `handle`.
pub(crate) async fn service<F: Future<Output = ()> + 'static>(
    handle: impl Fn(Connection) -> F + 'static,
) -> (SocketAddr, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Log::default();
    let recorded = log.clone();
    actix_rt::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let number = recorded.0.borrow().0;
            recorded.0.borrow_mut().0 += 1;
            actix_rt::spawn(handle(Connection { stream, log: recorded.clone(), number }));
        }
    });
    (address, log)
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

pub(crate) fn key() -> ServiceKey {
    ServiceKey::new(b"the services' key")
}

/// Returns an endpoint of a remote service. The gateway does not call its handler.
pub(crate) fn endpoint(method: Method, path: &'static str) -> Endpoint {
    Endpoint::undocumented(method, path, || async { HttpResponse::InternalServerError().finish() })
}

/// Returns endpoints for all methods on some paths.
fn endpoints() -> Vec<Endpoint> {
    let paths = [
        "/api/auth/me",
        "/api/auth/login",
        "/api/auth/large",
        "/api/auth/chunked",
        "/api/auth/sized",
        "/api/auth/users/{user_id}",
    ];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    paths.into_iter().flat_map(|path| methods.clone().map(|method| endpoint(method, path))).collect()
}

/// Starts a gateway that forwards requests to `upstream`.
pub(crate) fn start_gateway(process: &Process, upstream: SocketAddr) -> SocketAddr {
    start_gateway_with(process, upstream, Duration::from_secs(10))
}

pub(crate) fn start_gateway_with(process: &Process, upstream: SocketAddr, deadline: Duration) -> SocketAddr {
    let clock = Arc::new(TestClock::default());
    let upstream = Upstream::new("auth", &upstream.into()).unwrap();
    let settings = ProxySettings { deadline, ..ProxySettings::new(upstream, key(), clock.clone()) };
    let layer = process.layer().trust_signed_addresses(key(), clock);
    process.serve(move || {
        let proxy = Rc::new(Proxy::new(settings.clone()));
        App::new()
            .configure(|config| endpoints().iter().for_each(|endpoint| proxy.mount(endpoint, config)))
            .wrap(layer.clone())
    })
}
