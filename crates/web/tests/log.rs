//! The log lines of the request layer.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use common::Process;
use steward_web::{ApiError, HttpError};
use tracing::Level;
use tracing::subscriber::DefaultGuard;

/// Captures the log of this thread.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn begin(level: Level) -> (Self, DefaultGuard) {
        let captured = Self::default();
        let writer = captured.clone();
        let log = tracing_subscriber::fmt().json().with_max_level(level).with_writer(move || writer.clone()).finish();
        (captured, tracing::subscriber::set_default(log))
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &serde_json::Value| line["target"].as_str().unwrap().starts_with("steward_web"))
            .collect()
    }
}

async fn ask(level: Level, request: TestRequest) -> Vec<serde_json::Value> {
    let (captured, _guard) = Captured::begin(level);
    let routes = web::resource("/thing").to(|| async { "fine" });
    let failing =
        || async { Err::<HttpResponse, _>(ApiError::from(HttpError::Internal("the disk is full".to_owned()))) };
    let app = App::new().service(routes).route("/broken", web::get().to(failing)).wrap(Process::new().layer());
    call_service(&init_service(app).await, request.to_request()).await;
    captured.lines()
}

#[actix_web::test]
async fn a_server_error_is_logged_once_with_its_cause_and_request_id() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request =
        TestRequest::get().uri("/broken").insert_header(("x-request-id", "r-1")).insert_header(("traceparent", trace));
    let [line] = &ask(Level::TRACE, request).await[..] else { panic!("one line") };
    assert_eq!(line["level"], "ERROR");
    let fields = &line["fields"];
    assert_eq!((&fields["request_id"], &fields["cause"]), (&"r-1".into(), &"the disk is full".into()));
    assert_eq!(
        (&fields["method"], &fields["path"], &fields["status"]),
        (&"GET".into(), &"/broken".into(), &500.into())
    );
    assert_eq!(fields["trace_id"], "0af7651916cd43dd8448eb211c80319c");
}

#[actix_web::test]
async fn reads_are_logged_at_debug_and_changes_at_info() {
    assert_eq!(ask(Level::INFO, TestRequest::get().uri("/thing")).await.len(), 0);
    assert_eq!(ask(Level::INFO, TestRequest::get().uri("/nowhere")).await.len(), 0);
    assert_eq!(ask(Level::DEBUG, TestRequest::get().uri("/thing")).await.len(), 1);
    let [line] = &ask(Level::INFO, TestRequest::put().uri("/thing")).await[..] else { panic!("one line") };
    assert_eq!((&line["level"], &line["fields"]["status"]), (&"INFO".into(), &200.into()));
}

#[actix_web::test]
async fn the_log_does_not_contain_the_query() {
    let [line] = &ask(Level::DEBUG, TestRequest::put().uri("/thing?search=jane&token=secret")).await[..] else {
        panic!("one line")
    };
    assert!(!line.to_string().contains("secret") && !line.to_string().contains("jane"), "{line}");
}
