//! Calls between services: only what another service signed is let in, and only once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to fail at the spot")]

mod common;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, web};
use async_trait::async_trait;
use common::{Answer, Process, send};
use serde::Deserialize;
use steward_contracts::services::ServiceKey;
use steward_contracts::services::service_key::{Call, HEADER};
use steward_domain::ports::{ReplayGuard, StoreError};
use steward_testkit::{TestClock, the_beginning};
use steward_web::{ServiceGate, Signed};

#[derive(Default)]
struct Remembering(Mutex<HashSet<String>>);

#[async_trait]
impl ReplayGuard for Remembering {
    async fn claim(&self, nonce: &str, ttl: Duration) -> Result<bool, StoreError> {
        assert_eq!(ttl, Duration::from_mins(1));
        Ok(self.0.lock().unwrap().insert(nonce.to_owned()))
    }
}

struct Away;

#[async_trait]
impl ReplayGuard for Away {
    async fn claim(&self, _: &str, _: Duration) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("nobody listens"))
    }
}

#[derive(Deserialize)]
struct Question {
    text: String,
}

async fn answer(question: Signed<Question>) -> String {
    question.0.text
}

fn key() -> ServiceKey {
    ServiceKey::new(b"the services' key")
}

fn start(process: &Process, replay: Arc<dyn ReplayGuard>) -> SocketAddr {
    let layer = process.layer();
    let clock = Arc::new(TestClock::default());
    let gate = web::Data::new(ServiceGate { key: key(), clock, replay });
    process.serve(move || {
        App::new().app_data(gate.clone()).route("/internal/ask", web::post().to(answer)).wrap(layer.clone())
    })
}

async fn post(address: SocketAddr, target: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    send(
        address,
        format!(
            "POST {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ),
    )
    .await
}

fn signature(path: &str, body: &str, nonce: &str) -> String {
    let call = Call { method: "POST", path, body: body.as_bytes() };
    format!("{HEADER}: {}\r\n", key().sign(call, the_beginning(), nonce))
}

const BODY: &str = r#"{"text": "hello"}"#;

#[actix_web::test]
async fn a_signed_call_is_let_in_once() {
    let address = start(&Process::new(), Arc::new(Remembering::default()));
    let signature = signature("/internal/ask", BODY, "n1");
    let first = post(address, "/internal/ask", &signature, BODY).await;
    assert_eq!((first.status, first.body.as_str()), (200, "hello"));
    assert_eq!(post(address, "/internal/ask", &signature, BODY).await.problem().status, 401);
}

#[actix_web::test]
async fn whatever_was_not_signed_is_401() {
    let address = start(&Process::new(), Arc::new(Remembering::default()));
    let signature = signature("/internal/ask", BODY, "n1");
    for (target, headers, body) in [
        ("/internal/ask", "", BODY),
        ("/internal/ask?more", signature.as_str(), BODY),
        ("/internal/ask", signature.as_str(), r#"{"text": "other"}"#),
        ("/internal/ask", &format!("{signature}{signature}"), BODY),
        ("/internal/ask", &format!("{HEADER}: nonsense\r\n"), BODY),
        ("/internal/ask", "Authorization: Bearer x\r\n", BODY),
    ] {
        let answer = post(address, target, headers, body).await;
        assert_eq!(answer.problem().status, 401, "{target} {headers}");
    }
    assert_eq!(post(address, "/internal/ask", &signature, BODY).await.status, 200, "the nonce is still good");
}

#[actix_web::test]
async fn without_its_memory_nothing_is_let_in() {
    let address = start(&Process::new(), Arc::new(Away));
    let answer = post(address, "/internal/ask", &signature("/internal/ask", BODY, "n1"), BODY).await;
    assert_eq!(answer.problem().status, 503);
}

#[actix_web::test]
async fn a_signed_body_may_be_larger_than_a_strangers_but_not_endless() {
    let address = start(&Process::new(), Arc::new(Remembering::default()));
    let large = format!(r#"{{"text": "{}"}}"#, "x".repeat(200_000));
    let answer = post(address, "/internal/ask", &signature("/internal/ask", &large, "n1"), &large).await;
    assert_eq!((answer.status, answer.body.len()), (200, 200_000));
    let endless = " ".repeat((1 << 20) + 1);
    let answer = post(address, "/internal/ask", &signature("/internal/ask", &endless, "n2"), &endless).await;
    assert_eq!(answer.problem().status, 413);
}

#[actix_web::test]
async fn a_signed_body_that_is_no_question_is_400() {
    let address = start(&Process::new(), Arc::new(Remembering::default()));
    let answer = post(address, "/internal/ask", &signature("/internal/ask", "[]", "n1"), "[]").await;
    assert_eq!(answer.problem().status, 400);
}
