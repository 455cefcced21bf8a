use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::guard::Guard;
use super::process::Process;
use super::{ServerError, free_port, programs};

/// What the driver logs when it takes connections.
const READY: &str = "was started successfully";

/// Profiles are thrown away, so there is nothing to take leave of.
const AT_ONCE: &str = "KILL";

/// Tries at finding a port that nobody takes between our look and the driver's.
const TRIES: usize = 5;

/// How long a browser may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts browsers, with a fresh profile each. They end with it, and it ends with this process.
#[derive(Debug)]
pub struct Chromedriver {
    port: u16,
    folder: PathBuf,
    _process: Process,
    _guard: Guard,
}

impl Chromedriver {
    /// Starts a driver that takes calls from this machine alone.
    pub(super) fn start() -> Result<Self, ServerError> {
        let program = programs::chromedriver()?;
        let folder = tempfile::Builder::new().prefix("steward-browsers-").tempdir()?.keep();
        let mut guard = Guard::of(&folder, AT_ONCE)?;
        let mut tries = 0;
        let (port, process) = loop {
            let port = free_port()?;
            let mut command = Command::new(&program);
            // Browsers keep more in the home folder than in their profile.
            command.arg(format!("--port={port}")).current_dir(&folder).env("TMPDIR", &folder).env("HOME", &folder);
            match Process::start(command, READY, &mut guard) {
                Ok(process) => break (port, process),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        };
        // Browsers outlive a driver that is killed, and are in its group.
        guard.watch_group(process.id())?;
        Ok(Self { port, folder, _process: process, _guard: guard })
    }

    /// Where the browsers keep what they keep.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it takes calls.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends a browser, and returns when it is gone. Waits on this thread: what is dropped cannot wait otherwise.
    pub fn end(&self, session: &str) -> Result<(), ServerError> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        // It answers when the browser is gone, and leaves the connection open.
        stream.read_exact(&mut [0])?;
        Ok(())
    }
}
