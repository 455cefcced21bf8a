//! Adapters for short-lived state that processes share.
//!
//! - [`Redis`]: shared by all processes. It is one server, a primary with sentinels, or a cluster. Every call has a
//!   deadline of tens of milliseconds.
//! - [`Memory`]: limited to this process; bounded.
//! - [`Failover`]: Redis, with memory as the fallback.
//!
//! To add a port, implement it for all three, in one file per port and adapter. Run its suite from `testkit::contracts`
//! against each of them in `tests/contracts.rs`.

#![deny(missing_docs)]

mod failover;
mod memory;
mod redis;

pub use failover::{Failover, RedisState};
pub use memory::Memory;
pub use redis::{InvalidRedisUrl, Redis, RedisUrl};
