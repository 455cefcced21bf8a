//! Redis killed, paused and restarted; one server, a primary with sentinels, a cluster.

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
