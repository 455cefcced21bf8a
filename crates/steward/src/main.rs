//! Steward: the binary.
//!
//! - [`cli`]: what can be asked for, and the help that teaches it.
//! - [`config`]: the settings, and the only place that reads them.
//! - [`commands`]: one command per file; `serve` is the one that stays.
//! - [`start`]: from the command to the first request, and what is done beside the requests.
//! - [`wiring`]: which adapter stands behind which port. The only place that names them.
//! - [`system`]: the machine's own time and randomness.

mod cli;
mod commands;
mod config;
mod failure;
mod log;
mod start;
mod system;
mod wiring;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::Cli;
use crate::failure::Failure;

/// Requests are made of small, short-lived pieces, many of which end on another thread than they began.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before there is a second thread, since it writes to the environment.
    let outcome = config::load_dotenv().map_err(Failure::from).and_then(|()| {
        let (command, options) = Cli::read().into_parts();
        actix_web::rt::System::new().block_on(commands::run(command, &options))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                // Standard error may be gone too.
                let _ = writeln!(std::io::stderr(), "{failure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
