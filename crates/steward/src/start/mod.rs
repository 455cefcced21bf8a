//! What happens between the command and the first request, and beside the requests.
//!
//! - [`connections`]: how many the process keeps open.
//! - [`database`]: waited for, migrated, filled with sample users.
//! - [`banner`]: what a developer wants to know first.
//! - [`housekeeping`]: what is done now and then.
//! - [`serving`]: listening and draining.
//! - [`signals`]: which signals stop the process.

use std::io::{self, ErrorKind};

pub(crate) mod banner;
pub(crate) mod connections;
pub(crate) mod database;
pub(crate) mod housekeeping;
pub(crate) mod serving;
pub(crate) mod signals;

/// What became of printing something that a server does not depend on: a reader that is gone is no error.
pub(crate) fn printed(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
