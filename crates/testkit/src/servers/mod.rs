//! Private PostgreSQL, Redis and chromedriver servers on free loopback ports, each in a folder of its own under the system's
//! temporary one. Nothing is shared with a server that happens to run, and nothing is left behind: not when the owner
//! is dropped, not when its process is killed.
//!
//! - [`shared`]: the servers that all tests of a run share, with a database for each test. Take these.
//! - [`Postgres`], [`Redis`]: a server for one test alone, which may stop, pause and restart it.
//! - [`Chromedriver`]: starts browsers; `browser` (a feature) drives them.
//! - [`programs`]: where the servers' programs are.

mod account;
mod chromedriver;
mod guard;
mod postgres;
mod process;
pub mod programs;
mod redis;
pub mod shared;
mod sql;

pub use chromedriver::Chromedriver;
pub use postgres::{Postgres, PostgresOptions};
pub use redis::{Certificate, Redis};
pub use shared::{Template, TestDatabase};

/// Why a server did not start or stop as asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A program is not installed.
    #[error("{0} was not found; `cargo xtask test` installs it, or says how")]
    Missing(&'static str),
    /// A program failed; what it said.
    #[error("{program} failed: {said}")]
    Failed {
        /// The program's name.
        program: String,
        /// Its last lines.
        said: String,
    },
    /// The system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A port of the loopback address that nobody listens on at this moment.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
