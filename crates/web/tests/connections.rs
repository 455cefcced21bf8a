//! The connection limits of a server, over real sockets.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::io::ErrorKind;
use std::net::SocketAddr;

use actix_web::{App, web};
use common::Process;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use steward_web::TrustedProxies;
use steward_web::server::{ConnectionLimits, Connections, ServerSettings, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const LONG: usize = 4 * 1024 * 1024;

#[actix_web::test]
async fn connections_are_refused_until_the_server_listens() {
    let bound = bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = bound.local_addr().unwrap();
    assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    // Another process that starts at the same time.
    let other = bind(address);
    let listener = bound.listen().unwrap();
    TcpStream::connect(address).await.unwrap();
    assert_eq!(bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
    if let Ok(other) = other {
        assert_eq!(other.listen().unwrap_err().kind(), ErrorKind::AddrInUse);
    }
    drop(listener);
}

fn start(process: &Process, connections: Connections) -> SocketAddr {
    let listener = bind(([0, 0, 0, 0], 0).into()).unwrap().listen().unwrap();
    let port = listener.local_addr().unwrap().port();
    let sizes = ServerSettings { workers: 2, blocking_threads: 1 };
    let layer = process.layer();
    let server = serve(listener, sizes, process.refusals(), connections, move || {
        App::new()
            .route("/", web::get().to(async || "served"))
            .route("/body", web::post().to(async |body: web::Bytes| body))
            .route("/long", web::get().to(async || vec![b'x'; LONG]))
            .route("/never", web::get().to(async || std::future::pending::<&str>().await))
            .wrap(layer.clone())
    });
    actix_rt::spawn(server.unwrap());
    ([127, 0, 0, 1], port).into()
}

async fn connect_from(source: [u8; 4], address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind((source, 0).into()).unwrap();
    socket.connect(address).await.unwrap()
}

/// Sends this request, and reads no response.
async fn send_only(source: [u8; 4], address: SocketAddr, request: &str) -> TcpStream {
    let mut connection = connect_from(source, address).await;
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// Waits until the metrics contain this line.
async fn wait_for_count(process: &Process, line: &str) {
    common::until(line, || process.counted().contains(line)).await;
}

async fn is_served(connection: &mut TcpStream) -> bool {
    let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    let mut response = [0; 1_024];
    connection.write_all(request).await.is_ok()
        && connection.read(&mut response).await.is_ok_and(|length| response[..length].starts_with(b"HTTP/1.1 200"))
}

/// Whether the server closes the connection before the end of a long response.
async fn is_ended(connection: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(std::time::Duration::from_mins(1), connection.read_to_end(&mut rest)).await;
    ended.is_ok() && rest.len() < LONG
}

const ONE: [u8; 4] = [127, 0, 0, 1];
const OTHER: [u8; 4] = [127, 0, 0, 2];

#[actix_web::test]
async fn clients_that_keep_the_server_waiting_make_room_for_others_at_the_same_address() {
    for stuck in [
        "",
        "GET / HTTP/1.1\r\nHost: ",
        "POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf",
        "GET /long HTTP/1.1\r\nHost: test\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: test\r\n\r\n",
    ] {
        let process = Process::new();
        let limits = ConnectionLimits { total: 20, per_address: 8 };
        let connections = Connections::new(limits, process.metrics.http());
        let address = start(&process, connections.clone());
        let mut held = Vec::new();
        for _ in 0..30 {
            held.push(send_only(ONE, address, stuck).await);
        }
        wait_for_count(&process, "steward_http_connections_closed_total{reason=\"reclaimed\"} 22").await;
        for source in [ONE, OTHER, ONE] {
            let mut client = connect_from(source, address).await;
            assert!(is_served(&mut client).await, "{stuck:?} from {source:?}");
            assert!(is_served(&mut client).await, "the connection is kept");
        }
        assert!(connections.open() <= 10, "{} connections", connections.open());
        // The choice among them depends on the workers.
        let ended: FuturesUnordered<_> = held.iter_mut().map(is_ended).collect();
        let ended = ended.filter(|is_ended| std::future::ready(*is_ended)).take(22).count().await;
        assert_eq!(ended, 22, "{stuck:?}");
    }
}

#[actix_web::test]
async fn active_requests_are_not_closed_for_new_connections() {
    let process = Process::new();
    let connections = Connections::new(ConnectionLimits { total: 20, per_address: 3 }, process.metrics.http());
    let address = start(&process, connections);
    let mut busy = Vec::new();
    for _ in 0..3 {
        busy.push(send_only(ONE, address, "GET /never HTTP/1.1\r\nHost: test\r\n\r\n").await);
    }
    wait_for_count(&process, "steward_http_requests_in_flight 3").await;
    let mut refused = connect_from(ONE, address).await;
    assert!(!is_served(&mut refused).await);
    assert!(is_served(&mut connect_from(OTHER, address).await).await);
    assert!(process.counted().contains("closed_total{reason=\"refused\"} 1"));
}

#[actix_web::test]
async fn active_requests_keep_their_connection_in_every_framing() {
    let pipelined = "GET / HTTP/1.1\r\nHost: test\r\n\r\nGET /never HTTP/1.1\r\nHost: test\r\n\r\n";
    let unread = "GET /never HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nhalf";
    let chunked = "GET /never HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    for request in [pipelined, unread, chunked] {
        let process = Process::new();
        let connections = Connections::new(ConnectionLimits { total: 20, per_address: 1 }, process.metrics.http());
        let address = start(&process, connections);
        let busy = send_only(ONE, address, request).await;
        wait_for_count(&process, "steward_http_requests_in_flight 1").await;
        assert!(!is_served(&mut connect_from(ONE, address).await).await, "{request:?}");
        drop(busy);
    }
}

#[actix_web::test]
async fn a_head_is_limited_on_every_request_of_a_connection() {
    let process = Process::new();
    let address = start(&process, process.connections());
    for earlier in
        ["", "GET / HTTP/1.1\r\nHost: test\r\n\r\n", "POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx"]
    {
        for (length, status) in [(15 * 1_024, "200"), (19 * 1_024, "431"), (1_024 * 1_024, "431")] {
            let mut connection = connect_from(ONE, address).await;
            let many = format!("X-Many: {}\r\n", "m".repeat(1_000)).repeat(length / 1_010);
            let request = format!("{earlier}GET / HTTP/1.1\r\nHost: test\r\n{many}Connection: close\r\n\r\n");
            let (mut reading, mut writing) = connection.split();
            let mut response = Vec::new();
            let (_, read) =
                futures_util::future::join(writing.write_all(request.as_bytes()), reading.read_to_end(&mut response))
                    .await;
            let response = String::from_utf8_lossy(&response);
            let last = response.rfind("HTTP/1.1 ").map_or("", |start| &response[start..]);
            assert!(last.starts_with(&format!("HTTP/1.1 {status}")), "{earlier:?}, {length}: {read:?} {response}");
        }
    }
}

#[actix_web::test]
async fn a_response_before_the_end_of_its_request_closes_the_connection() {
    let process = Process::new();
    let address = start(&process, process.connections());
    for framing in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] {
        let mut connection = connect_from(ONE, address).await;
        let request = format!("GET / HTTP/1.1\r\nHost: test\r\n{framing}\r\n\r\nfffff\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        let (mut reading, mut writing) = connection.split();
        let sending = async { while writing.write_all(&[b'x'; 1_024]).await.is_ok() {} };
        // The connection may be reset after the response.
        let ((), _) = futures_util::future::join(sending, reading.read_to_end(&mut response)).await;
        let response = String::from_utf8_lossy(&response);
        assert!(response.contains("connection: close") && response.ends_with("served"), "{framing}: {response}");
    }
}

#[actix_web::test]
async fn a_trusted_proxy_may_hold_all_connections() {
    let process = Process::new();
    let proxies = TrustedProxies::parse("127.0.0.1").unwrap();
    let limits = ConnectionLimits { total: 6, per_address: 2 };
    let connections = Connections::new(limits, process.metrics.http()).behind(proxies);
    let address = start(&process, connections);
    let mut open = Vec::new();
    for _ in 0..6 {
        let mut connection = connect_from(ONE, address).await;
        assert!(is_served(&mut connection).await);
        open.push(connection);
    }
    for connection in &mut open {
        assert!(is_served(connection).await);
    }
    assert!(is_served(&mut connect_from(OTHER, address).await).await, "there is room for others");
}

#[actix_web::test]
async fn long_responses_and_long_bodies_are_complete() {
    let process = Process::new();
    let address = start(&process, process.connections());
    let mut connection = connect_from(ONE, address).await;
    let sent = vec![b'y'; 200_000];
    let head = format!("POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", sent.len());
    let requests = [head.as_bytes(), &sent, b"GET /long HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"].concat();
    let (mut reading, mut writing) = connection.split();
    let mut response = Vec::new();
    let (written, read) =
        futures_util::future::join(writing.write_all(&requests), reading.read_to_end(&mut response)).await;
    written.unwrap();
    read.unwrap();
    assert!(response.ends_with(&vec![b'x'; LONG]));
    assert!(response.windows(sent.len()).any(|part| part == sent));
}

#[actix_web::test]
async fn pipelined_requests_all_get_a_response() {
    let process = Process::new();
    let address = start(&process, process.connections());
    let mut connection = connect_from(ONE, address).await;
    let requests = "GET / HTTP/1.1\r\nHost: test\r\n\r\n".repeat(1_000);
    let (mut reading, mut writing) = connection.split();
    let reading = async {
        let (mut responses, mut buffer) = (Vec::new(), vec![0; 65_536]);
        while String::from_utf8_lossy(&responses).matches("HTTP/1.1 200").count() < 1_000
            || !responses.ends_with(b"served")
        {
            let length = reading.read(&mut buffer).await.unwrap();
            assert!(length > 0);
            responses.extend_from_slice(&buffer[..length]);
        }
    };
    let (written, ()) = futures_util::future::join(writing.write_all(requests.as_bytes()), reading).await;
    written.unwrap();
}
