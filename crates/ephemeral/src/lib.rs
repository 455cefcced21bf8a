//! Short-lived state that processes share, behind the ports of the domain.
//!
//! - [`Redis`]: shared by all processes; one server, a primary with sentinels, or a cluster. Every call has a deadline
//!   of tens of milliseconds.
//! - [`Memory`]: this process alone; bounded.
//! - [`Failover`]: Redis, and memory while Redis is away.
//!
//! How to add a port: implement it for all three, one file per port and adapter, and run its suite from
//! `testkit::contracts` against each of them in `tests/contracts.rs`.

#![deny(missing_docs)]

mod failover;
mod memory;
mod redis;

pub use failover::{Failover, RedisState};
pub use memory::Memory;
pub use redis::{InvalidRedisUrl, Redis};
