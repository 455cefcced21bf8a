//! Services that close connections, respond late or send invalid responses.

mod common;

use std::time::Duration;

use common::{OK, Process, ask, send, service, start_gateway, start_gateway_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A deadline that is long enough for a busy machine to deliver a request to a service.
const SHORT: Duration = Duration::from_secs(1);

#[actix_web::test]
async fn a_read_survives_a_closed_persistent_connection() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move {
        if connection.number == 0 {
            connection.request().await;
            connection.send(OK).await;
            // The next request on this connection arrives, and gets no response.
            connection.request().await;
        } else {
            connection.always(OK).await;
        }
    })
    .await;
    let gateway = start_gateway(&process, upstream);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    assert_eq!((log.connections(), log.requests().len()), (2, 3));
}

#[actix_web::test]
async fn only_an_idempotent_request_is_sent_twice() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move { drop(connection.request().await) }).await;
    let gateway = start_gateway(&process, upstream);
    let post = send(
        gateway,
        "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    assert_eq!(post.problem().status, 502);
    assert_eq!(log.requests().len(), 1);
    for (tries, method) in [(2, "PUT"), (2, "DELETE"), (2, "GET"), (1, "PATCH")] {
        let before = log.requests().len();
        assert_eq!(ask(gateway, method, "/api/auth/me", "").await.problem().status, 502, "{method}");
        assert_eq!(log.requests().len() - before, tries, "{method}");
    }
}

#[actix_web::test]
async fn a_truncated_small_response_is_requested_again() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move {
        connection.request().await;
        let response = if connection.number == 0 { &OK[..OK.len() - 2] } else { OK };
        connection.send(response).await;
    })
    .await;
    let response = ask(start_gateway(&process, upstream), "GET", "/api/auth/me", "").await;
    assert_eq!((response.status, response.body.as_str(), log.requests().len()), (200, "hello", 2));
}

#[actix_web::test]
async fn a_truncated_large_response_does_not_look_complete() {
    let process = Process::new();
    let (upstream, _) = service(|mut connection| async move {
        let request = connection.request().await.unwrap_or_default();
        let length = if request.contains("chunked") { "Transfer-Encoding: chunked" } else { "Content-Length: 1000000" };
        connection.send(format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n5\r\nhello\r\n")).await;
    })
    .await;
    let gateway = start_gateway(&process, upstream);
    for target in ["/api/auth/chunked", "/api/auth/sized"] {
        let mut client = TcpStream::connect(gateway).await.unwrap();
        client.write_all(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await.unwrap();
        let mut received = Vec::new();
        // Closed or reset, but without a proper end.
        let _ = client.read_to_end(&mut received).await;
        let received = String::from_utf8(received).unwrap();
        assert!(!received.ends_with("0\r\n\r\n") && received.len() < 1_000, "{received}");
    }
}

#[actix_web::test]
async fn an_unreachable_service_is_503_with_retry_after() {
    let process = Process::new();
    let (upstream, _) = service(|_| async {}).await;
    let unused_address = std::net::SocketAddr::new([127, 0, 0, 2].into(), upstream.port());
    let response = ask(start_gateway(&process, unused_address), "GET", "/api/auth/me", "").await;
    assert_eq!((response.problem().status, response.header("retry-after")), (503, Some("2")));
    assert!(!response.body.contains("127.0.0.2"), "the response does not contain the service's address: {response:?}");
}

#[actix_web::test]
async fn no_response_is_504_at_the_deadline() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move { while connection.request().await.is_some() {} }).await;
    let gateway = start_gateway_with(&process, upstream, SHORT);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.problem().status, 504);
    assert_eq!(log.requests().len(), 1, "a request that may have arrived is not repeated");
}

#[actix_web::test]
async fn an_incomplete_response_is_504_at_the_deadline() {
    let process = Process::new();
    let (upstream, _) = service(|mut connection| async move {
        connection.request().await;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe").await;
        connection.request().await;
    })
    .await;
    let gateway = start_gateway_with(&process, upstream, SHORT);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.problem().status, 504);
}

#[actix_web::test]
async fn an_invalid_response_is_502() {
    let process = Process::new();
    let huge = format!("HTTP/1.1 200 OK\r\nX-Huge: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(200_000));
    let many = "X-Again: 1\r\n".repeat(200);
    for invalid in [
        "HELLO\r\n\r\n".to_owned(),
        huge,
        format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\n\r\nuntil the end".to_owned(),
        "HTTP/1.0 200 OK\r\n\r\nuntil the end".to_owned(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n".to_owned(),
    ] {
        let (upstream, _) = service(move |mut connection| {
            let invalid = invalid.clone();
            async move {
                connection.request().await;
                connection.send(invalid).await;
            }
        })
        .await;
        assert_eq!(ask(start_gateway(&process, upstream), "GET", "/api/auth/me", "").await.problem().status, 502);
    }
}

#[actix_web::test]
async fn a_client_that_disconnects_closes_the_connection_to_the_service() {
    let process = Process::new();
    let (events, mut received) = tokio::sync::mpsc::unbounded_channel();
    let (upstream, log) = service(move |mut connection| {
        let events = events.clone();
        async move {
            if connection.number == 0 {
                connection.request().await;
                events.send("requested").unwrap();
                // No response; returns when the gateway closes the connection.
                assert_eq!(connection.request().await, None);
                events.send("closed").unwrap();
            } else {
                connection.always(OK).await;
            }
        }
    })
    .await;
    let gateway = start_gateway(&process, upstream);
    let mut client = TcpStream::connect(gateway).await.unwrap();
    client.write_all(b"GET /api/auth/me HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    assert_eq!(received.recv().await, Some("requested"));
    client.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(received.recv().await, Some("closed"));
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    assert_eq!(log.connections(), 2);
}
