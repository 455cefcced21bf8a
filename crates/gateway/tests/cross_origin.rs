//! What pages of other sites may do, as their browser learns it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to fail at the spot")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{App, HttpResponse, web};
use common::{Answer, Process, ask};
use steward_domain::Quota;
use steward_ephemeral::Memory;
use steward_gateway::{AllowedOrigins, LimitSettings, Limits};
use steward_testkit::TestClock;
use steward_web::ApiError;

const OURS: &str = "https://app.example.com";

fn start(origins: &'static str) -> SocketAddr {
    let process = Process::new();
    let settings = LimitSettings { login: Quota::parse("1/hour").ok(), ..LimitSettings::off() };
    let limiter = Memory::new(Arc::new(TestClock::default()));
    let limits = Limits::new(&settings, Arc::new(limiter), &process.metrics).unwrap();
    let layer = process.layer();
    process.serve(move || {
        let denied = || async { Err::<HttpResponse, _>(ApiError::Unauthenticated) };
        App::new()
            .route("/api/auth/me", web::get().to(denied))
            .route("/api/auth/login", web::post().to(|| async { "in" }))
            .wrap(limits.clone())
            .wrap(AllowedOrigins::parse(origins).unwrap().cors())
            .wrap(layer.clone())
    })
}

async fn preflight(address: SocketAddr, origin: &str, method: &str, headers: &str) -> Answer {
    let asks = format!(
        "Origin: {origin}\r\nAccess-Control-Request-Method: {method}\r\nAccess-Control-Request-Headers: {headers}\r\n"
    );
    ask(address, "OPTIONS", "/api/auth/me", &asks).await
}

fn allowed(answer: &Answer) -> Vec<&str> {
    answer.head.lines().filter(|line| line.to_lowercase().starts_with("access-control-")).collect()
}

#[actix_web::test]
async fn a_named_origin_is_allowed_what_the_api_takes() {
    let address = start("https://other.example.com,https://app.example.com");
    let answer = preflight(address, OURS, "PUT", "authorization,content-type,if-match,x-request-id").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(OURS)));
    let methods = answer.header("access-control-allow-methods").unwrap();
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
        assert!(methods.split(", ").any(|allowed| allowed == method), "{methods}");
    }
    assert_eq!(answer.header("access-control-max-age"), Some("3600"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert!(answer.header("vary").unwrap().contains("Origin"), "{answer:?}");
}

#[actix_web::test]
async fn its_pages_read_answers_errors_and_refusals() {
    let address = start(OURS);
    let origin = format!("Origin: {OURS}\r\n");
    let denied = ask(address, "GET", "/api/auth/me", &origin).await;
    ask(address, "POST", "/api/auth/login", &origin).await;
    let refused = ask(address, "POST", "/api/auth/login", &origin).await;
    let nowhere = ask(address, "GET", "/api/nothing", &origin).await;
    for (answer, status) in [(&denied, 401), (&refused, 429), (&nowhere, 404)] {
        assert_eq!(answer.problem().status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(OURS), "{answer:?}");
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for name in ["etag", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"] {
            assert!(exposed.split(", ").any(|header| header.eq_ignore_ascii_case(name)), "{name} in {exposed}");
        }
    }
}

#[actix_web::test]
async fn any_other_origin_gets_no_header() {
    let address = start(OURS);
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
        let asked = preflight(address, origin, "GET", "authorization").await;
        assert_eq!((asked.problem().status, allowed(&asked)), (400, vec![]), "{origin}");
    }
    assert_eq!(allowed(&ask(address, "GET", "/api/auth/me", "").await), Vec::<&str>::new(), "nor does no origin");
}

#[actix_web::test]
async fn what_the_api_does_not_take_is_not_allowed() {
    let address = start(OURS);
    for (method, headers) in [("PATCH", "authorization"), ("TRACE", "authorization"), ("GET", "x-steward-client")] {
        let answer = preflight(address, OURS, method, headers).await;
        assert_eq!((answer.status, allowed(&answer)), (400, vec![]), "{method} {headers}");
    }
}

#[actix_web::test]
async fn without_a_named_origin_nobody_is_told_anything() {
    let address = start("");
    let simple = ask(address, "GET", "/api/auth/me", &format!("Origin: {OURS}\r\n")).await;
    assert_eq!((simple.status, allowed(&simple), simple.header("vary")), (401, vec![], None));
    let asked = preflight(address, OURS, "GET", "authorization").await;
    assert!(asked.status >= 400 && allowed(&asked).is_empty(), "{asked:?}");
}
