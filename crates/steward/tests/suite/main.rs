//! The real binary, from outside: through its command line, its environment, its addresses and its signals.
//!
//! - `api`: the contract, endpoint by endpoint, written once and run in three shapes: one process on SQLite, one process
//!   on PostgreSQL, and a process per service on PostgreSQL. Every answer is checked against the OpenAPI description.
//! - `faults`: many at once, killed, drained, without its database, and fed what no well-behaved client sends.
//! - `cli`: commands and settings.
//! - `client`: the typed client against the real thing.
//! - `console`: the console's pages in a headless Chromium.
//!
//! One test binary, since each one more is another link of the HTTP stack.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on is to fail at the spot, and to show what the processes said"
)]

mod api;
mod cli;
mod client;
mod console;
mod faults;
mod support;
