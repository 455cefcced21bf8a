//! A gateway on loopback in front of a service that does what a test says.

#![allow(dead_code, unused_imports, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to fail at the spot")]

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::App;
use steward_contracts::services::ServiceKey;
use steward_gateway::{Proxy, ProxySettings, Territory, Upstream, remote};
use steward_testkit::TestClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[path = "../../../web/tests/common/mod.rs"]
mod server;

pub(crate) use server::{Answer, Process, ask, send};

/// What a service does with one connection.
pub(crate) struct Connection {
    stream: TcpStream,
    log: Log,
    /// How many connections were made before it.
    pub(crate) number: usize,
}

/// What arrived at a service.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<(usize, Vec<String>)>>);

impl Log {
    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.0.borrow().0
    }

    /// Each request, head and body, as it came over the wire.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.0.borrow().1.clone()
    }
}

impl Connection {
    /// Reads one request as a whole, unless the other side closes.
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
        // Whoever asked may be gone.
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Answers every request with the same bytes.
    pub(crate) async fn always(mut self, answer: &str) {
        while self.request().await.is_some() {
            self.send(answer).await;
        }
    }
}

/// A service that treats each connection as `treat` says.
pub(crate) async fn service<F: Future<Output = ()> + 'static>(
    treat: impl Fn(Connection) -> F + 'static,
) -> (SocketAddr, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Log::default();
    let seen = log.clone();
    actix_rt::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let number = seen.0.borrow().0;
            seen.0.borrow_mut().0 += 1;
            actix_rt::spawn(treat(Connection { stream, log: seen.clone(), number }));
        }
    });
    (address, log)
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

pub(crate) fn key() -> ServiceKey {
    ServiceKey::new(b"the services' key")
}

pub(crate) fn paths() -> Vec<String> {
    vec!["/api/auth/users/{user_id}".to_owned()]
}

/// A gateway that passes `/api/auth/*` on to `upstream`.
pub(crate) fn gateway(process: &Process, upstream: SocketAddr) -> SocketAddr {
    gateway_with(process, upstream, Duration::from_secs(10))
}

pub(crate) fn gateway_with(process: &Process, upstream: SocketAddr, deadline: Duration) -> SocketAddr {
    let clock = Arc::new(TestClock::default());
    let upstream = Upstream::parse("auth", &format!("http://{upstream}")).unwrap();
    let settings = ProxySettings { deadline, ..ProxySettings::new(upstream, key(), clock.clone()) };
    let layer = process.layer().trust_signed_addresses(key(), clock);
    process.serve(move || {
        let proxy = Rc::new(Proxy::new(settings.clone()));
        App::new().configure(remote(vec![(Territory::Auth, proxy)], &paths())).wrap(layer.clone())
    })
}
