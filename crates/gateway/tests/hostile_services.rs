//! Services that die, dawdle or talk nonsense.

mod common;

use std::time::Duration;

use common::{OK, Process, ask, gateway, gateway_with, send, service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A deadline within which a busy machine still gets a request to a service.
const SHORT: Duration = Duration::from_secs(1);

#[actix_web::test]
async fn a_kept_connection_that_died_is_no_reason_to_fail_a_read() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move {
        if connection.number == 0 {
            connection.request().await;
            connection.send(OK).await;
            // The next request on it is heard, and never answered.
            connection.request().await;
        } else {
            connection.always(OK).await;
        }
    })
    .await;
    let gateway = gateway(&process, upstream);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    assert_eq!((log.connections(), log.requests().len()), (2, 3));
}

#[actix_web::test]
async fn what_must_not_arrive_twice_is_not_sent_twice() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move { drop(connection.request().await) }).await;
    let gateway = gateway(&process, upstream);
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
async fn a_small_answer_that_breaks_off_is_asked_for_again() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move {
        connection.request().await;
        let answer = if connection.number == 0 { &OK[..OK.len() - 2] } else { OK };
        connection.send(answer).await;
    })
    .await;
    let answer = ask(gateway(&process, upstream), "GET", "/api/auth/me", "").await;
    assert_eq!((answer.status, answer.body.as_str(), log.requests().len()), (200, "hello", 2));
}

#[actix_web::test]
async fn a_large_answer_that_breaks_off_is_seen_to_be_broken() {
    let process = Process::new();
    let (upstream, _) = service(|mut connection| async move {
        let request = connection.request().await.unwrap_or_default();
        let length = if request.contains("chunked") { "Transfer-Encoding: chunked" } else { "Content-Length: 1000000" };
        connection.send(format!("HTTP/1.1 200 OK\r\n{length}\r\n\r\n5\r\nhello\r\n")).await;
    })
    .await;
    let gateway = gateway(&process, upstream);
    for target in ["/api/auth/chunked", "/api/auth/sized"] {
        let mut client = TcpStream::connect(gateway).await.unwrap();
        client.write_all(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await.unwrap();
        let mut received = Vec::new();
        // Closed or reset, but never ended in order.
        let _ = client.read_to_end(&mut received).await;
        let received = String::from_utf8(received).unwrap();
        assert!(!received.ends_with("0\r\n\r\n") && received.len() < 1_000, "{received}");
    }
}

#[actix_web::test]
async fn nobody_there_is_503_and_worth_another_try() {
    let process = Process::new();
    let (upstream, _) = service(|_| async {}).await;
    let nobody = std::net::SocketAddr::new([127, 0, 0, 2].into(), upstream.port());
    let answer = ask(gateway(&process, nobody), "GET", "/api/auth/me", "").await;
    assert_eq!((answer.problem().status, answer.header("retry-after")), (503, Some("2")));
    assert!(!answer.body.contains("127.0.0.2"), "where it is concerns nobody: {answer:?}");
}

#[actix_web::test]
async fn silence_is_504_at_the_deadline() {
    let process = Process::new();
    let (upstream, log) = service(|mut connection| async move { while connection.request().await.is_some() {} }).await;
    let gateway = gateway_with(&process, upstream, SHORT);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.problem().status, 504);
    assert_eq!(log.requests().len(), 1, "what may have been heard is not asked again");
}

#[actix_web::test]
async fn half_an_answer_is_504_at_the_deadline_too() {
    let process = Process::new();
    let (upstream, _) = service(|mut connection| async move {
        connection.request().await;
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe").await;
        connection.request().await;
    })
    .await;
    let gateway = gateway_with(&process, upstream, SHORT);
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.problem().status, 504);
}

#[actix_web::test]
async fn nonsense_is_502() {
    let process = Process::new();
    let huge = format!("HTTP/1.1 200 OK\r\nX-Huge: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(200_000));
    let many = "X-Again: 1\r\n".repeat(200);
    for nonsense in [
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
            let nonsense = nonsense.clone();
            async move {
                connection.request().await;
                connection.send(nonsense).await;
            }
        })
        .await;
        assert_eq!(ask(gateway(&process, upstream), "GET", "/api/auth/me", "").await.problem().status, 502);
    }
}

#[actix_web::test]
async fn a_client_that_goes_away_takes_its_connection_with_it() {
    let process = Process::new();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (upstream, log) = service(move |mut connection| {
        let told = told.clone();
        async move {
            if connection.number == 0 {
                connection.request().await;
                told.send("asked").unwrap();
                // No answer; ends when the gateway closes.
                assert_eq!(connection.request().await, None);
                told.send("closed").unwrap();
            } else {
                connection.always(OK).await;
            }
        }
    })
    .await;
    let gateway = gateway(&process, upstream);
    let mut client = TcpStream::connect(gateway).await.unwrap();
    client.write_all(b"GET /api/auth/me HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    assert_eq!(heard.recv().await, Some("asked"));
    client.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(heard.recv().await, Some("closed"));
    assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    assert_eq!(log.connections(), 2);
}
