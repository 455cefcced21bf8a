//! Requests that the gateway and the service behind it could interpret differently.

mod common;

use common::{OK, Process, ask, send, service, start_gateway};

#[actix_web::test]
async fn no_path_leads_to_the_internal_calls() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let gateway = start_gateway(&process, upstream);
    for target in [
        "/internal/authenticate",
        "//internal/authenticate",
        "/%69nternal/authenticate",
        "/api/auth/../internal/authenticate",
        "/api/auth/../../internal/authenticate",
        "/api/auth/%2e%2e/%2e%2e/internal/authenticate",
        "/api/auth/.%2E/internal/authenticate",
        "/api/auth/..%2f..%2finternal/authenticate",
        "/api/auth/%2Finternal/authenticate",
        "/api/auth//internal/authenticate",
        "/api/auth/..%5c..%5cinternal",
        "/api/auth/..\\internal",
        "/api/auth/./internal",
        "/api/auth%2f..%2finternal",
        "/api/../internal/authenticate",
        "http://auth/internal/authenticate",
        "http://auth/api/auth/../internal/authenticate",
        "/API/AUTH/me",
        "*",
    ] {
        for method in ["GET", "POST"] {
            let response = ask(gateway, method, target, "Content-Length: 0\r\n").await;
            assert!(matches!(response.problem().status, 400 | 404), "{method} {target}: {response:?}");
        }
    }
    assert_eq!(log.requests(), Vec::<String>::new());
}

#[actix_web::test]
async fn an_ambiguous_body_length_is_rejected() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let gateway = start_gateway(&process, upstream);
    let hidden = "GET /internal/authenticate HTTP/1.1\r\nHost: x\r\n\r\n";
    for framing in [
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Host: second\r\n",
        " folded: header\r\n",
    ] {
        let request = format!("POST /api/auth/login HTTP/1.1\r\nHost: test\r\n{framing}\r\n0\r\n\r\n{hidden}");
        assert_eq!(send(gateway, request).await.problem().status, 400, "{framing:?}");
    }
    assert_eq!(log.requests(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_chunk_with_a_wrong_length_is_rejected() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let gateway = start_gateway(&process, upstream);
    let head = "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in ["zz\r\n", "5\r\nhelloXX0\r\n\r\n", "-1\r\n\r\n", "ffffffffffffffff1\r\n", "\r\n0\r\n\r\n"] {
        let response = send(gateway, format!("{head}{body}")).await;
        assert_eq!(response.problem().status, 400, "{body:?}");
    }
    assert_eq!(log.requests(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_body_over_the_limit_does_not_reach_the_service() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let body = " ".repeat(70_000);
    let request = format!(
        "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(send(start_gateway(&process, upstream), request).await.problem().status, 413);
    assert_eq!(log.connections(), 0);
}

#[actix_web::test]
async fn an_expectation_is_handled_by_the_gateway_and_not_forwarded() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let response = send(
        start_gateway(&process, upstream),
        "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nConnection: close\r\nExpect: 100-continue\r\n\
         Content-Length: 2\r\n\r\n{}",
    )
    .await;
    assert_eq!(response.status, 100);
    assert!(response.body.starts_with("HTTP/1.1 200 OK\r\n"), "{response:?}");
    let [request] = &log.requests()[..] else { panic!("one request") };
    assert!(!request.to_lowercase().contains("expect"), "{request}");
}
