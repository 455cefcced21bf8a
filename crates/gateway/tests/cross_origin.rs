//! The access of other sites' pages, as the response headers grant it to browsers.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{App, HttpResponse, web};
use common::{Process, Response, ask, endpoint};
use steward_domain::Quota;
use steward_ephemeral::Memory;
use steward_gateway::{AllowedOrigins, LimitSettings, Limits};
use steward_testkit::TestClock;
use steward_web::service::RateLimitClass;
use steward_web::{ApiError, HttpError};

const ALLOWED: &str = "https://app.example.com";

fn start(origins: &'static str) -> SocketAddr {
    let process = Process::new();
    let settings = LimitSettings { login: Quota::parse("1/hour").ok(), ..LimitSettings::off() };
    let login = endpoint(Method::POST, "/api/auth/login").limited(RateLimitClass::Login);
    let limiter = Memory::new(Arc::new(TestClock::default()));
    let limits = Limits::new(&settings, &[login], Arc::new(limiter), &process.metrics).unwrap();
    let layer = process.layer();
    process.serve(move || {
        let denied = || async { Err::<HttpResponse, _>(ApiError::from(HttpError::Unauthenticated)) };
        App::new()
            .route("/api/auth/me", web::get().to(denied))
            .route("/api/auth/login", web::post().to(|| async { "in" }))
            .wrap(limits.clone())
            .wrap(AllowedOrigins::parse(origins).unwrap().cors())
            .wrap(layer.clone())
    })
}

async fn preflight(address: SocketAddr, origin: &str, method: &str, headers: &str) -> Response {
    let request_headers = format!(
        "Origin: {origin}\r\nAccess-Control-Request-Method: {method}\r\nAccess-Control-Request-Headers: {headers}\r\n"
    );
    ask(address, "OPTIONS", "/api/auth/me", &request_headers).await
}

fn allowed(response: &Response) -> Vec<&str> {
    response.head.lines().filter(|line| line.to_lowercase().starts_with("access-control-")).collect()
}

#[actix_web::test]
async fn an_allowed_origin_may_use_the_methods_and_headers_of_the_api() {
    let address = start("https://other.example.com,https://app.example.com");
    let response =
        preflight(address, ALLOWED, "PUT", "authorization,content-type,idempotency-key,if-match,x-request-id").await;
    assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some(ALLOWED)));
    let methods = response.header("access-control-allow-methods").unwrap();
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
        assert!(methods.split(", ").any(|allowed| allowed == method), "{methods}");
    }
    assert_eq!(response.header("access-control-max-age"), Some("3600"));
    assert_eq!(response.header("access-control-allow-credentials"), None);
    assert!(response.header("vary").unwrap().contains("Origin"), "{response:?}");
}

#[actix_web::test]
async fn pages_of_an_allowed_origin_read_responses_and_errors() {
    let address = start(ALLOWED);
    let origin = format!("Origin: {ALLOWED}\r\n");
    let denied = ask(address, "GET", "/api/auth/me", &origin).await;
    ask(address, "POST", "/api/auth/login", &origin).await;
    let refused = ask(address, "POST", "/api/auth/login", &origin).await;
    let nowhere = ask(address, "GET", "/api/nothing", &origin).await;
    for (response, status) in [(&denied, 401), (&refused, 429), (&nowhere, 404)] {
        assert_eq!(response.problem().status, status);
        assert_eq!(response.header("access-control-allow-origin"), Some(ALLOWED), "{response:?}");
        let exposed = response.header("access-control-expose-headers").unwrap();
        for name in ["etag", "idempotency-replayed", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"] {
            assert!(exposed.split(", ").any(|header| header.eq_ignore_ascii_case(name)), "{name} in {exposed}");
        }
    }
}

#[actix_web::test]
async fn another_origin_receives_no_cors_header() {
    let address = start(ALLOWED);
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "HTTPS://APP.EXAMPLE.COM",
        "https://app.example.com/",
        "null",
        "*",
    ] {
        let simple = ask(address, "GET", "/api/auth/me", &format!("Origin: {origin}\r\n")).await;
        assert_eq!((simple.status, allowed(&simple)), (401, vec![]), "{origin}");
        let preflighted = preflight(address, origin, "GET", "authorization").await;
        assert_eq!((preflighted.problem().status, allowed(&preflighted)), (400, vec![]), "{origin}");
    }
    assert_eq!(
        allowed(&ask(address, "GET", "/api/auth/me", "").await),
        Vec::<&str>::new(),
        "no header without an origin"
    );
}

#[actix_web::test]
async fn other_methods_and_headers_are_not_allowed() {
    let address = start(ALLOWED);
    for (method, headers) in [("PATCH", "authorization"), ("TRACE", "authorization"), ("GET", "x-steward-client")] {
        let response = preflight(address, ALLOWED, method, headers).await;
        assert_eq!((response.status, allowed(&response)), (400, vec![]), "{method} {headers}");
    }
}

#[actix_web::test]
async fn without_an_allowed_origin_no_response_has_cors_headers() {
    let address = start("");
    let simple = ask(address, "GET", "/api/auth/me", &format!("Origin: {ALLOWED}\r\n")).await;
    assert_eq!((simple.status, allowed(&simple), simple.header("vary")), (401, vec![], None));
    let preflighted = preflight(address, ALLOWED, "GET", "authorization").await;
    assert!(preflighted.status >= 400 && allowed(&preflighted).is_empty(), "{preflighted:?}");
}
