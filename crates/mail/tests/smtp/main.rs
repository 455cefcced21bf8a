//! SMTP against a server that fails by script.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod replies;
mod tls;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use steward_domain::ports::{Mailer, SendError};
use steward_mail::{TransportSettings, connect};
use steward_testkit::servers::smtp::SmtpServer;

/// The time limit of attempts that a server lets time out. Every other attempt ends much earlier.
const SHORT: Duration = Duration::from_secs(3);

fn settings(server: &SmtpServer) -> TransportSettings {
    TransportSettings::new(server.url().parse().unwrap(), "Acme <no-reply@acme.example>".parse().unwrap())
}

fn mailer(server: &SmtpServer) -> Arc<dyn Mailer> {
    connect(&settings(server)).unwrap()
}

/// The text of an error after which a later attempt may succeed.
fn temporary(result: Result<(), SendError>) -> String {
    match result {
        Err(SendError::Temporary(text)) => text,
        other => panic!("no temporary error: {other:?}"),
    }
}

/// The text of an error after which no later attempt succeeds.
fn permanent(result: Result<(), SendError>) -> String {
    match result {
        Err(SendError::Permanent(text)) => text,
        other => panic!("no permanent error: {other:?}"),
    }
}

/// The number of accepted mails with this id.
fn copies(server: &SmtpServer, id: &str) -> usize {
    let header = format!("Message-ID: <{id}@acme.example>\r\n");
    server.mails().iter().filter(|mail| String::from_utf8_lossy(&mail.content).contains(&header)).count()
}
