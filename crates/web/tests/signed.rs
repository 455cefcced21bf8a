//! Calls between services: each must be signed, and is accepted once.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, web};
use async_trait::async_trait;
use common::{Process, Response, send};
use serde::Deserialize;
use steward_contracts::services::ServiceKey;
use steward_contracts::services::service_key::{Call, HEADER};
use steward_domain::ports::{ReplayGuard, StoreError};
use steward_testkit::{TestClock, the_beginning};
use steward_web::{ServiceGate, Signed};

#[derive(Default)]
struct MemoryGuard(Mutex<HashSet<String>>);

#[async_trait]
impl ReplayGuard for MemoryGuard {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        assert_eq!(ttl, Duration::from_mins(1));
        Ok(self.0.lock().unwrap().insert(nonce.to_owned()))
    }
}

struct UnavailableGuard;

#[async_trait]
impl ReplayGuard for UnavailableGuard {
    async fn claim(&self, _: &str, _: Duration) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("connection refused"))
    }
}

#[derive(Deserialize)]
struct Message {
    text: String,
}

async fn echo(message: Signed<Message>) -> String {
    message.0.text
}

fn key() -> ServiceKey {
    ServiceKey::new(b"the services' key")
}

fn start(process: &Process, replay: Arc<dyn ReplayGuard>) -> SocketAddr {
    let layer = process.layer();
    let clock = Arc::new(TestClock::default());
    let gate = web::Data::new(ServiceGate { key: key(), clock, replay });
    process.serve(move || {
        App::new().app_data(gate.clone()).route("/internal/ask", web::post().to(echo)).wrap(layer.clone())
    })
}

async fn post(address: SocketAddr, target: &str, headers: &str, body: &str) -> Response {
    let length = body.len();
    send(
        address,
        format!(
            "POST {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ),
    )
    .await
}

fn signed_header(path: &str, body: &str, nonce: &str) -> String {
    let call = Call { method: "POST", path, body: body.as_bytes() };
    format!("{HEADER}: {}\r\n", key().sign(call, the_beginning(), nonce))
}

const BODY: &str = r#"{"text": "hello"}"#;

#[actix_web::test]
async fn a_signed_call_is_accepted_once() {
    let address = start(&Process::new(), Arc::new(MemoryGuard::default()));
    let signature = signed_header("/internal/ask", BODY, "n1");
    let first = post(address, "/internal/ask", &signature, BODY).await;
    assert_eq!((first.status, first.body.as_str()), (200, "hello"));
    assert_eq!(post(address, "/internal/ask", &signature, BODY).await.problem().status, 401);
}

#[actix_web::test]
async fn a_call_without_a_valid_signature_is_401() {
    let address = start(&Process::new(), Arc::new(MemoryGuard::default()));
    let signature = signed_header("/internal/ask", BODY, "n1");
    for (target, headers, body) in [
        ("/internal/ask", "", BODY),
        ("/internal/ask?more", signature.as_str(), BODY),
        ("/internal/ask", signature.as_str(), r#"{"text": "other"}"#),
        ("/internal/ask", &format!("{signature}{signature}"), BODY),
        ("/internal/ask", &format!("{HEADER}: nonsense\r\n"), BODY),
        ("/internal/ask", "Authorization: Bearer x\r\n", BODY),
    ] {
        let response = post(address, target, headers, body).await;
        assert_eq!(response.problem().status, 401, "{target} {headers}");
    }
    assert_eq!(
        post(address, "/internal/ask", &signature, BODY).await.status,
        200,
        "the rejected calls do not use up the nonce"
    );
}

#[actix_web::test]
async fn no_call_is_accepted_without_the_replay_guard() {
    let address = start(&Process::new(), Arc::new(UnavailableGuard));
    let response = post(address, "/internal/ask", &signed_header("/internal/ask", BODY, "n1"), BODY).await;
    assert_eq!(response.problem().status, 503);
}

#[actix_web::test]
async fn a_signed_body_has_a_higher_limit() {
    let address = start(&Process::new(), Arc::new(MemoryGuard::default()));
    let large = format!(r#"{{"text": "{}"}}"#, "x".repeat(200_000));
    let response = post(address, "/internal/ask", &signed_header("/internal/ask", &large, "n1"), &large).await;
    assert_eq!((response.status, response.body.len()), (200, 200_000));
    let endless = " ".repeat((1 << 20) + 1);
    let response = post(address, "/internal/ask", &signed_header("/internal/ask", &endless, "n2"), &endless).await;
    assert_eq!(response.problem().status, 413);
}

#[actix_web::test]
async fn a_signed_body_of_another_type_is_400() {
    let address = start(&Process::new(), Arc::new(MemoryGuard::default()));
    let response = post(address, "/internal/ask", &signed_header("/internal/ask", "[]", "n1"), "[]").await;
    assert_eq!(response.problem().status, 400);
}
