use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::guard::Guard;
use super::process::Process;
use super::{ServerError, free_port, programs};

/// The line that the driver logs when it accepts connections.
const READY: &str = "was started successfully";

/// Profiles are temporary, so browsers need no clean shutdown.
const AT_ONCE: &str = "KILL";

/// Tries to start on a free port, because another process may take it in the meantime.
const TRIES: usize = 5;

/// How long a browser may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts browsers, each with a new profile. They end with the driver, and the driver ends with this process.
#[derive(Debug)]
pub struct Chromedriver {
    port: u16,
    folder: PathBuf,
    _process: Process,
    _guard: Guard,
}

impl Chromedriver {
    /// Starts a driver that accepts connections from this machine only.
    pub(super) fn start() -> Result<Self, ServerError> {
        let program = programs::chromedriver()?;
        let folder = tempfile::Builder::new().prefix("steward-browsers-").tempdir()?.keep();
        let mut guard = Guard::of(&folder, AT_ONCE)?;
        let mut tries = 0;
        let (port, process) = loop {
            let port = free_port()?;
            let mut command = Command::new(&program);
            // Browsers also write to the home folder.
            command.arg(format!("--port={port}")).current_dir(&folder).env("TMPDIR", &folder).env("HOME", &folder);
            match Process::start(command, READY, &mut guard) {
                Ok(process) => break (port, process),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        };
        // Browsers outlive a killed driver, but belong to its process group.
        guard.watch_group(process.id())?;
        Ok(Self { port, folder, _process: process, _guard: guard })
    }

    /// The folder of the browsers' files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of the driver.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends a browser, and waits until it has ended. Blocks the thread, because `drop` cannot await.
    pub fn end(&self, session: &str) -> Result<(), ServerError> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        // The driver responds when the browser has ended, and leaves the connection open.
        stream.read_exact(&mut [0])?;
        Ok(())
    }
}
