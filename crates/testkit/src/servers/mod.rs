//! Private PostgreSQL, Redis and chromedriver servers on free loopback ports, each with its own temporary folder. They
//! share nothing with installed servers. They leave nothing behind, even if their owner is killed.
//!
//! - [`shared`]: servers that all tests of a run share, with a database for each test. The default.
//! - [`Postgres`], [`Redis`]: a server for one test, which can stop, pause and restart it.
//! - [`Chromedriver`]: starts browsers; `browser` (a feature) drives them.
//! - `smtp` (with the feature `mail`): a mail server that records mails and fails by script.
//! - [`programs`]: finds the servers' programs.

mod account;
mod certificate;
mod chromedriver;
mod guard;
mod postgres;
mod process;
pub mod programs;
mod redis;
pub mod shared;
#[cfg(feature = "mail")]
pub mod smtp;
mod sql;

pub use certificate::Certificate;
pub use chromedriver::Chromedriver;
pub use postgres::{Postgres, PostgresOptions};
pub use redis::Redis;
pub use shared::{Template, TestDatabase};

/// Why a server did not start or stop.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A program is not installed.
    #[error("{0} was not found; `cargo xtask test` installs it, or says how")]
    Missing(&'static str),
    /// A program failed.
    #[error("{program} failed: {message}")]
    Failed {
        /// The program's name.
        program: String,
        /// The last lines of its output.
        message: String,
    },
    /// A system call failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A loopback port on which no process listens at this moment.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
