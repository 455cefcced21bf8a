//! Tests with a Redis that is stopped, paused and restarted: one server, a primary with sentinels, and a cluster.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod clusters;
mod limits;
mod load;
mod nonces;
mod sentinels;
mod support;
#[cfg(feature = "redis-tls")]
mod tls;
mod urls;
