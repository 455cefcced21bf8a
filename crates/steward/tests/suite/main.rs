//! End-to-end tests of the binary: command line, environment, addresses and signals.
//!
//! - `api`: the API, endpoint by endpoint, in three deployments: one process on SQLite, one process on PostgreSQL, and
//!   one process per service on PostgreSQL. Every response is checked against the OpenAPI description.
//! - `faults`: concurrency, crashes, shutdown, unreachable dependencies, malformed requests.
//! - `cli`: commands and settings.
//! - `client`: the typed client against a running server.
//! - `console`: the console's pages in a headless Chromium.
//!
//! One test binary, because each binary links the HTTP stack again.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a failed step must fail the test and print the output of the processes"
)]

mod api;
mod cli;
mod client;
mod console;
mod faults;
mod support;
