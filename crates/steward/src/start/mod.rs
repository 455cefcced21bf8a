//! The start of the process, from the command to the first request.
//!
//! - [`connections`]: limits on open connections.
//! - [`database`]: waits for the database, migrates it, loads the sample users.
//! - [`banner`]: the banner for developers.
//! - [`serving`]: listening and draining.
//! - [`signals`]: which signals stop the process.

use std::io::{self, ErrorKind};

pub(crate) mod banner;
pub(crate) mod connections;
pub(crate) mod database;
pub(crate) mod serving;
pub(crate) mod signals;

/// Ignores a closed standard output, on which a server does not depend.
pub(crate) fn ignore_closed_output(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
