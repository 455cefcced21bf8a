use std::path::{Path, PathBuf};
use std::process::Command;

use super::guard::Guard;
use super::process::Process;
use super::{ServerError, free_port, programs};

/// What a server logs when it takes connections, and what a sentinel does.
const READY: &str = "Ready to accept connections";
const SENTINEL_READY: &str = "Sentinel ID is";

/// Nothing is kept on disk, so there is nothing to take leave of.
const AT_ONCE: &str = "KILL";

/// Tries at finding a port that nobody takes between our look and the server's.
const TRIES: usize = 5;

/// A Redis of one's own, which forgets everything when it stops.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    options: Options,
    // Before the guard: the process ends first, then its folder goes.
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

/// Files with a certificate for 127.0.0.1 and its key, both PEM.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Redis {
    /// Starts a server that asks for no password.
    pub fn start() -> Result<Self, ServerError> {
        Self::launch(Options::default())
    }

    /// Starts a server that asks for this password.
    pub fn start_with_password(password: &str) -> Result<Self, ServerError> {
        Self::launch(Options { password: Some(password.to_owned()), ..Options::default() })
    }

    /// Starts a server that speaks TLS alone.
    pub fn start_with_tls(certificate: Certificate) -> Result<Self, ServerError> {
        Self::launch(Options { certificate: Some(certificate), ..Options::default() })
    }

    /// Starts a node of a cluster, which knows no other and serves no slot until told to.
    pub fn start_cluster_node() -> Result<Self, ServerError> {
        Self::launch(Options { more: vec!["--cluster-enabled".into(), "yes".into()], ..Options::default() })
    }

    /// Starts a sentinel, which watches nobody until told to.
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

    /// Where clients connect: database 0, with the password if there is one.
    pub fn url(&self) -> String {
        let scheme = if self.options.certificate.is_some() { "rediss" } else { "redis" };
        let password = self.options.password.as_ref().map_or_else(String::new, |password| format!(":{password}@"));
        format!("{scheme}://{password}127.0.0.1:{}/0", self.port)
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
        self.process = self.options.launch(&self.folder, self.port, &mut self.guard)?;
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

impl Options {
    fn launch(&self, folder: &Path, port: u16, guard: &mut Guard) -> Result<Process, ServerError> {
        let mut command = Command::new(programs::redis_server()?);
        command.current_dir(folder);
        if self.is_sentinel {
            // It keeps there what it learns.
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
