//! Steward: the binary.
//!
//! - [`cli`]: the command line and its help.
//! - [`config`]: the settings, and the only place that reads them.
//! - [`commands`]: one command per file; `serve` runs the server.
//! - [`services`]: the description of every service.
//! - [`start`]: from the command to the first request, and the background tasks.
//! - [`wiring`]: the adapter of each port. The only place that names adapters.
//! - [`system`]: the machine's clock and random numbers.

mod cli;
mod commands;
mod config;
#[cfg(test)]
mod deployment_files;
mod failure;
mod log;
mod redaction;
mod services;
mod start;
mod system;
mod wiring;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::Cli;
use crate::failure::Failure;

/// Requests allocate small, short-lived objects, many of which are freed on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Must run before a second thread starts, because it changes the environment.
    let outcome = config::load_dotenv().map_err(Failure::from).and_then(|()| {
        let (command, options) = Cli::read().into_parts();
        actix_web::rt::System::new().block_on(commands::run(command, &options))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                // Standard error may be closed, too.
                let _ = writeln!(std::io::stderr(), "{failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
