//! A server on loopback, and a client that sends raw bytes.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use steward_contracts::Problem;
use steward_testkit::TestIds;
use steward_web::server::{ConnectionLimits, Connections, Refusals, ServerSettings, bind, serve};
use steward_web::{Metrics, RequestIds, RequestLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The state that a process has once.
pub(crate) struct Process {
    pub(crate) metrics: Metrics,
    pub(crate) ids: Arc<RequestIds>,
}

impl Process {
    pub(crate) fn new() -> Self {
        Self { metrics: Metrics::new().unwrap(), ids: Arc::new(RequestIds::new(&TestIds::seeded(7))) }
    }

    /// An empty table with limits above the needs of a test.
    pub(crate) fn connections(&self) -> Connections {
        Connections::new(ConnectionLimits { total: 1_000, per_address: 1_000 }, self.metrics.http())
    }

    pub(crate) fn layer(&self) -> RequestLayer {
        RequestLayer::new(Arc::clone(&self.ids), self.metrics.http())
    }

    /// Returns refusals with the ids and metrics of this process.
    pub(crate) fn refusals(&self) -> Refusals {
        Refusals::new(Arc::clone(&self.ids), self.metrics.http())
    }

    /// Serves `app` until the test ends.
    pub(crate) fn serve<F, I, S, B>(&self, app: F) -> SocketAddr
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error> + 'static,
        S::InitError: std::fmt::Debug,
        S::Response: Into<actix_http::Response<B>> + 'static,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap().listen().unwrap();
        let address = listener.local_addr().unwrap();
        let settings = ServerSettings { workers: 1, blocking_threads: 1 };
        let server = serve(listener, settings, self.refusals(), self.connections(), app).unwrap();
        actix_rt::spawn(server);
        address
    }

    /// Returns the metrics, one series per line.
    pub(crate) fn counted(&self) -> String {
        String::from_utf8(self.metrics.text().unwrap()).unwrap()
    }
}

/// A response as received, byte for byte.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8(raw.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head in {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Returns the body as a problem, after a check of its media type, status and request id.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.header("content-type"), Some(Problem::MEDIA_TYPE), "{self:?}");
        let problem: Problem = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        assert_eq!(Some(problem.request_id.as_str()), self.header("x-request-id"));
        problem
    }
}

/// Waits until `is_reached` is true. Panics after a minute with `awaited`.
pub(crate) async fn until(awaited: &str, is_reached: impl Fn() -> bool) {
    let reached = async {
        while !is_reached() {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_mins(1), reached).await;
    assert!(in_time.is_ok(), "not within a minute: {awaited}");
}

/// Sends `raw`, and reads until the server closes.
pub(crate) async fn send(address: SocketAddr, raw: impl AsRef<[u8]>) -> Response {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(raw.as_ref()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    Response::parse(&response)
}

/// Sends a request with this method, target and header lines.
pub(crate) async fn ask(address: SocketAddr, method: &str, target: &str, headers: &str) -> Response {
    send(address, format!("{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n")).await
}
