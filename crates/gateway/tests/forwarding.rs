//! The requests that a service behind the gateway receives, and the responses that the client receives.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use common::{OK, Process, ask, key, send, service, start_gateway};
use steward_contracts::services::client_address;
use steward_testkit::the_beginning;

fn header<'r>(request: &'r str, name: &str) -> Vec<&'r str> {
    let head = request.split("\r\n\r\n").next().unwrap();
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}

#[actix_web::test]
async fn path_query_and_body_are_forwarded_byte_for_byte() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let gateway = start_gateway(&process, upstream);
    let target = "/api/auth/users/%41b%20%ED%99%8D?q=a+b%20&&x=%7e&y";
    let body = r#"{"name": "홍길동"}"#;
    let response = send(
        gateway,
        format!(
            "PUT {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await;
    assert_eq!((response.status, response.body.as_str()), (200, "hello"));
    let [request] = &log.requests()[..] else { panic!("one request") };
    assert!(request.starts_with(&format!("PUT {target} HTTP/1.1\r\n")), "{request}");
    assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}");
    assert_eq!(header(request, "host"), [upstream.to_string()]);
    assert_eq!(header(request, "content-type"), ["application/json"]);
}

#[actix_web::test]
async fn a_chunked_body_is_forwarded_with_its_length() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let head = "POST /api/auth/login HTTP/1.1\r\nHost: test\r\nConnection: close, content-length\r\n";
    let response = send(
        start_gateway(&process, upstream),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
    )
    .await;
    assert_eq!(response.status, 200);
    let [request] = &log.requests()[..] else { panic!("one request") };
    assert_eq!(header(request, "content-length"), ["5"]);
    assert!(header(request, "transfer-encoding").is_empty() && request.ends_with("\r\n\r\nabcde"), "{request}");
}

#[actix_web::test]
async fn hop_by_hop_headers_are_not_forwarded() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    ask(
        start_gateway(&process, upstream),
        "GET",
        "/api/auth/me",
        "Connection: X-Private, TE\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n\
         TE: trailers\r\nTrailer: X-End\r\nUpgrade: h2c\r\nProxy-Authorization: Basic x\r\nX-Public: 1\r\n",
    )
    .await;
    let [request] = &log.requests()[..] else { panic!("one request") };
    for name in
        ["x-private", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "proxy-authorization", "connection"]
    {
        assert!(header(request, name).is_empty(), "{name} in {request}");
    }
    assert_eq!(header(request, "x-public"), ["1"]);
    assert_eq!(header(request, "via"), ["1.1 steward"]);
    assert!(header(request, "content-length").is_empty(), "a GET without a body declares no length: {request}");
}

#[actix_web::test]
async fn request_id_and_trace_context_are_forwarded() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let gateway = start_gateway(&process, upstream);
    let response = ask(
        gateway,
        "GET",
        "/api/auth/me",
        &format!("X-Request-ID: mine\r\nTraceparent: {trace}\r\nTracestate: a=1\r\nAuthorization: Bearer t\r\n"),
    )
    .await;
    assert_eq!(response.header("x-request-id"), Some("mine"));
    ask(gateway, "GET", "/api/auth/me", "X-Request-ID: not usable\r\nTraceparent: x\r\nTracestate: a=1\r\n").await;
    let [first, second] = &log.requests()[..] else { panic!("two requests") };
    assert_eq!(header(first, "x-request-id"), ["mine"]);
    assert_eq!(header(first, "traceparent"), [trace]);
    assert_eq!(header(first, "tracestate"), ["a=1"]);
    assert_eq!(header(first, "authorization"), ["Bearer t"]);
    assert_ne!(header(second, "x-request-id"), ["not usable"]);
    assert!(header(second, "traceparent").is_empty() && header(second, "tracestate").is_empty());
}

#[actix_web::test]
async fn the_gateway_signs_the_clients_address_and_removes_the_clients_claims() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    ask(
        start_gateway(&process, upstream),
        "GET",
        "/api/auth/me?x=1",
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: evil\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\n\
         X-Steward-Client: v1 192.0.2.1 1 00\r\nX-Steward-Signature: v1 1 n 00\r\n",
    )
    .await;
    let [request] = &log.requests()[..] else { panic!("one request") };
    for name in ["x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "x-steward-signature"] {
        assert!(header(request, name).is_empty(), "{name} in {request}");
    }
    let [signature] = header(request, client_address::HEADER)[..] else { panic!("one signed address in {request}") };
    let address = key().verify_client_address(signature, "GET", "/api/auth/me?x=1", the_beginning()).unwrap();
    assert_eq!(address.to_string(), "127.0.0.1");
}

#[actix_web::test]
async fn responses_are_forwarded_unchanged() {
    let process = Process::new();
    let problem = r#"{"type":"urn:steward:problem:internal","status":500}"#;
    let failed = format!(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\
         Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nRetry-After: 7\r\n\
         Content-Security-Policy: default-src 'self'\r\nX-Frame-Options: ALLOWALL\r\n\r\n{problem}",
        problem.len()
    );
    let failed: &'static str = failed.leak();
    let (upstream, log) = service(|connection| connection.always(failed)).await;
    let gateway = start_gateway(&process, upstream);
    let response = ask(gateway, "GET", "/api/auth/me", "").await;
    assert_eq!((response.status, response.body.as_str()), (500, problem));
    assert_eq!(response.header("retry-after"), Some("7"));
    assert_eq!(response.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(response.header("x-frame-options"), Some("DENY"));
    assert_eq!((response.header("x-hop"), response.header("keep-alive")), (None, None));
    assert_eq!(log.requests().len(), 1, "an error response is not retried");
}

#[actix_web::test]
async fn responses_without_a_body_are_forwarded_without_one() {
    let process = Process::new();
    let (upstream, _) = service(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let response = if request.starts_with("HEAD") {
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12345\r\n\r\n"
            } else if request.starts_with("DELETE") {
                "HTTP/1.1 204 No Content\r\n\r\n"
            } else {
                "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"
            };
            connection.send(response).await;
        }
    })
    .await;
    let gateway = start_gateway(&process, upstream);
    let head = ask(gateway, "HEAD", "/api/auth/me", "").await;
    assert_eq!((head.status, head.body.as_str(), head.header("content-length")), (200, "", Some("12345")));
    let deleted = ask(gateway, "DELETE", "/api/auth/me", "").await;
    assert_eq!((deleted.status, deleted.body.as_str(), deleted.header("content-length")), (204, "", None));
    let not_modified = ask(gateway, "GET", "/api/auth/me", "If-None-Match: \"x\"\r\n").await;
    assert_eq!(
        (not_modified.status, not_modified.body.as_str(), not_modified.header("etag")),
        (304, "", Some("\"x\""))
    );
}

#[actix_web::test]
async fn large_responses_are_streamed_with_their_length() {
    let process = Process::new();
    let (upstream, _) = service(|mut connection| async move {
        while let Some(request) = connection.request().await {
            if request.contains("chunked") {
                connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").await;
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await;
                connection.send("x".repeat(1_000_000)).await;
            }
        }
    })
    .await;
    let gateway = start_gateway(&process, upstream);
    let large = ask(gateway, "GET", "/api/auth/large", "").await;
    assert_eq!((large.header("content-length"), large.body.len()), (Some("1000000"), 1_000_000));
    let chunked = ask(gateway, "GET", "/api/auth/chunked", "").await;
    assert!(chunked.body.ends_with("0\r\n\r\n") && chunked.body.contains("hello"), "{chunked:?}");
}

#[actix_web::test]
async fn connections_are_persistent() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let gateway = start_gateway(&process, upstream);
    for _ in 0..20 {
        assert_eq!(ask(gateway, "GET", "/api/auth/me", "").await.status, 200);
    }
    assert_eq!((log.connections(), log.requests().len()), (1, 20));
}

#[actix_web::test]
async fn requests_are_counted_by_path_and_unknown_paths_together() {
    let process = Process::new();
    let (upstream, log) = service(|connection| connection.always(OK)).await;
    let gateway = start_gateway(&process, upstream);
    for n in 0..20 {
        ask(gateway, "GET", &format!("/api/auth/users/u{n}"), "").await;
        assert_eq!(ask(gateway, "GET", &format!("/api/auth/unknown/{n}"), "").await.problem().status, 404);
    }
    assert_eq!(log.requests().len(), 20, "unknown paths are not forwarded");
    let counted = process.counted();
    let series: Vec<_> = counted.lines().filter(|line| line.starts_with("steward_http_requests_total")).collect();
    assert_eq!(
        series,
        [
            r#"steward_http_requests_total{method="GET",route="/api/auth/users/{user_id}",status="200"} 20"#,
            r#"steward_http_requests_total{method="GET",route="unmatched",status="404"} 20"#,
        ]
    );
}
