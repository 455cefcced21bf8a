use std::path::{Path, PathBuf};
use std::process::Command;

use super::guard::Guard;
use super::process::Process;
use super::{ServerError, free_port, programs};

const READY: &str = "Ready to accept connections";

/// Nothing is kept on disk, so there is nothing to take leave of.
const AT_ONCE: &str = "KILL";

/// Tries at finding a port that nobody takes between our look and the server's.
const TRIES: usize = 5;

/// A Redis of one's own, which forgets everything when it stops.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    password: Option<String>,
    // Before the guard: the process ends first, then its folder goes.
    process: Process,
    guard: Guard,
    folder: PathBuf,
}

impl Redis {
    /// Starts a server that asks for no password.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_with(None)
    }

    /// Starts a server that asks for this password.
    pub fn start_with_password(password: &str) -> Result<Self, ServerError> {
        Self::start_with(Some(password.to_owned()))
    }

    fn start_with(password: Option<String>) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new().prefix("steward-redis-").tempdir()?.keep();
        let mut guard = Guard::of(&folder, AT_ONCE)?;
        let mut tries = 0;
        loop {
            let port = free_port()?;
            match launch(&folder, port, password.as_deref(), &mut guard) {
                Ok(process) => return Ok(Self { port, password, process, guard, folder }),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        }
    }

    /// Where clients connect: database 0, with the password if there is one.
    pub fn url(&self) -> String {
        let password = self.password.as_ref().map_or_else(String::new, |password| format!(":{password}@"));
        format!("redis://{password}127.0.0.1:{}/0", self.port)
    }

    /// The loopback port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server at once.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.end(AT_ONCE, &mut self.guard)
    }

    /// Starts the server again, empty, on the same port; one that still runs is stopped first.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.process = launch(&self.folder, self.port, self.password.as_deref(), &mut self.guard)?;
        Ok(())
    }

    /// Stops the server in its tracks (`SIGSTOP`): connections are taken, and no answer comes.
    pub fn pause(&mut self) -> Result<(), ServerError> {
        self.process.pause(&mut self.guard)
    }

    /// Lets a paused server go on.
    pub fn resume(&mut self) -> Result<(), ServerError> {
        self.process.resume(&mut self.guard)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn launch(folder: &Path, port: u16, password: Option<&str>, guard: &mut Guard) -> Result<Process, ServerError> {
    let mut command = Command::new(programs::redis_server()?);
    command
        .current_dir(folder)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(password.into_iter().flat_map(|password| ["--requirepass", password]));
    Process::start(command, READY, guard)
}
