use std::path::{Path, PathBuf};
use std::process::Command;

use super::guard::Guard;
use super::process::Process;
use super::{Certificate, ServerError, free_port, programs};

/// The lines that a server and a sentinel log when they accept connections.
const READY: &str = "Ready to accept connections";
const SENTINEL_READY: &str = "Sentinel ID is";

/// Nothing is stored on disk, so the server needs no clean shutdown.
const AT_ONCE: &str = "KILL";

/// Tries to start on a free port, because another process may take it in the meantime.
const TRIES: usize = 5;

/// A private Redis, which loses its data when it stops.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    options: Options,
    // Declared before the guard: the process ends first, then its folder is removed.
    process: Process,
    guard: Guard,
    folder: PathBuf,
}

#[derive(Debug, Default)]
struct Options {
    password: Option<String>,
    certificate: Option<Certificate>,
    is_sentinel: bool,
    more: Vec<String>,
}

impl Redis {
    /// Starts a server without a password.
    pub fn start() -> Result<Self, ServerError> {
        Self::launch(Options::default())
    }

    /// Starts a server with this password.
    pub fn start_with_password(password: &str) -> Result<Self, ServerError> {
        Self::launch(Options { password: Some(password.to_owned()), ..Options::default() })
    }

    /// Starts a server that accepts only TLS.
    pub fn start_with_tls(certificate: Certificate) -> Result<Self, ServerError> {
        Self::launch(Options { certificate: Some(certificate), ..Options::default() })
    }

    /// Starts a node of a cluster, without other nodes and without slots.
    pub fn start_cluster_node() -> Result<Self, ServerError> {
        Self::launch(Options { more: vec!["--cluster-enabled".into(), "yes".into()], ..Options::default() })
    }

    /// Starts a sentinel that monitors no server yet.
    pub fn start_sentinel() -> Result<Self, ServerError> {
        Self::launch(Options { is_sentinel: true, ..Options::default() })
    }

    fn launch(options: Options) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new().prefix("steward-redis-").tempdir()?.keep();
        let mut guard = Guard::of(&folder, AT_ONCE)?;
        let mut tries = 0;
        loop {
            let port = free_port()?;
            match options.launch(&folder, port, &mut guard) {
                Ok(process) => return Ok(Self { port, options, process, guard, folder }),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        }
    }

    /// The URL of database 0, with the password if there is one.
    pub fn url(&self) -> String {
        let scheme = if self.options.certificate.is_some() { "rediss" } else { "redis" };
        let password = self.options.password.as_ref().map_or_else(String::new, |password| format!(":{password}@"));
        format!("{scheme}://{password}127.0.0.1:{}/0", self.port)
    }

    /// The loopback port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server at once.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.end(AT_ONCE, &mut self.guard)
    }

    /// Restarts the server, empty, on the same port; a running server is stopped first.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.process = self.options.launch(&self.folder, self.port, &mut self.guard)?;
        Ok(())
    }

    /// Suspends the server (`SIGSTOP`): it accepts connections, but sends no response.
    pub fn pause(&mut self) -> Result<(), ServerError> {
        self.process.pause(&mut self.guard)
    }

    /// Resumes a suspended server.
    pub fn resume(&mut self) -> Result<(), ServerError> {
        self.process.resume(&mut self.guard)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

impl Options {
    fn launch(&self, folder: &Path, port: u16, guard: &mut Guard) -> Result<Process, ServerError> {
        let mut command = Command::new(programs::redis_server()?);
        command.current_dir(folder);
        if self.is_sentinel {
            // A sentinel and a cluster node write their state to this file.
            std::fs::write(folder.join("sentinel.conf"), "")?;
            command.args(["sentinel.conf", "--sentinel"]);
        } else {
            command.args(["--save", "", "--appendonly", "no"]);
        }
        let port = port.to_string();
        match &self.certificate {
            None => command.args(["--port", &port]),
            Some(Certificate { certificate, key }) => command
                .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file"])
                .arg(certificate)
                .arg("--tls-key-file")
                .arg(key)
                .arg("--tls-ca-cert-file")
                .arg(certificate),
        };
        command.args(["--bind", "127.0.0.1"]).args(&self.more);
        command.args(self.password.iter().flat_map(|password| ["--requirepass", password]));
        Process::start(command, if self.is_sentinel { SENTINEL_READY } else { READY }, guard)
    }
}
