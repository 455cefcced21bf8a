//! Offers of another protocol, which the server ignores.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::io;
use std::net::SocketAddr;

use actix_web::http::Method;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse};
use common::{Process, Response, send};
use futures_util::stream;
use steward_testkit::http::raw::Raw;
use steward_web::{ApiError, read_body};

/// Responds with the method and the body.
async fn echo(request: HttpRequest, payload: web::Payload) -> Result<String, ApiError> {
    let body = read_body(request.headers(), payload.into_inner()).await?;
    Ok(format!("{} {}", request.method(), String::from_utf8_lossy(&body)))
}

/// Responds with a body of unknown length.
async fn streamed() -> HttpResponse {
    HttpResponse::Ok().streaming(stream::iter(["one ", "two"].map(|part| Ok::<_, io::Error>(Bytes::from(part)))))
}

fn start() -> SocketAddr {
    let process = Process::new();
    let layer = process.layer();
    process.serve(move || {
        App::new().route("/streamed", web::get().to(streamed)).default_service(web::to(echo)).wrap(layer.clone())
    })
}

/// Offers of another protocol.
const OFFERS: [&str; 8] = [
    "Connection: upgrade\r\nUpgrade: websocket\r\n",
    "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n",
    "Upgrade: websocket\r\n",
    "Connection: close\r\nUpgrade: websocket\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    "Connection: upgrade\r\nUpgrade: TLS/1.3, websocket\r\n",
    "Connection: upgrade\r\n",
];

/// Returns the first response to these bytes. The client keeps the connection open.
async fn first_response(address: SocketAddr, request: impl Into<String>) -> Response {
    let request = request.into();
    let read = move || {
        let mut connection = Raw::connect(&format!("http://{address}"))?;
        connection.send(request)?;
        connection.answer()
    };
    Response::parse(web::block(read).await.unwrap().unwrap().as_bytes())
}

#[actix_web::test]
async fn an_offer_does_not_change_the_response() {
    let address = start();
    for offer in OFFERS {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            for (framing, body) in [
                ("\r\n", ""),
                ("Content-Length: 0\r\n\r\n", ""),
                ("Content-Length: 5\r\n\r\nhello", "hello"),
                ("Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"),
            ] {
                let request = format!("{method} / HTTP/1.1\r\nHost: test\r\n{offer}{framing}");
                let response = first_response(address, &request).await;
                assert_eq!((response.status, &*response.body), (200, &*format!("{method} {body}")), "{request}");
                assert_eq!(response.header("connection"), Some("close"), "{request}{}", response.head);
            }
        }
    }
}

#[actix_web::test]
async fn input_after_the_body_is_not_part_of_it() {
    let address = start();
    for (length, body) in [("", ""), ("Content-Length: 2\r\n", "he")] {
        let head = format!("POST / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n{length}\r\n");
        let response = first_response(address, format!("{head}hello GET / HTTP/1.1\r\nHost: test\r\n\r\n")).await;
        assert_eq!((response.status, &*response.body), (200, &*format!("POST {body}")), "{length}");
    }
}

#[actix_web::test]
async fn a_body_over_the_limit_is_rejected_at_once() {
    let head = "POST / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nContent-Length: 70000\r\n\r\n";
    assert_eq!(first_response(start(), head).await.problem().status, 413);
}

#[actix_web::test]
async fn a_streamed_response_is_complete() {
    let address = start();
    for (offer, body) in [(OFFERS[0], "one two"), (OFFERS[4], "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n")] {
        let response = send(address, format!("GET /streamed HTTP/1.1\r\nHost: test\r\n{offer}\r\n")).await;
        assert_eq!((response.status, response.body.as_str()), (200, body), "{offer}{}", response.head);
        assert_eq!(response.header("transfer-encoding").is_some(), body != "one two", "{}", response.head);
    }
}
