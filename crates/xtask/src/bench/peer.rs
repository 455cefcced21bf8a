use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::arguments::Arguments;
use super::database::Database;
use super::steward::{free_address, wait_until_ready};
use super::{BenchError, usage};

/// The server to compare with.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) url: String,
    /// Set if this command started the process.
    ours: Option<Uvicorn>,
}

/// A process that ends its workers only if it is asked to.
#[derive(Debug)]
struct Uvicorn(Child);

impl Drop for Uvicorn {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Starts or finds the peer that `arguments` name.
pub(super) fn start(arguments: &Arguments, database: &Database) -> Result<Option<Peer>, BenchError> {
    match (&arguments.peer, &arguments.peer_dir) {
        (Some(url), _) => Ok(Some(Peer { url: url.trim_end_matches('/').to_owned(), ours: None })),
        (None, Some(folder)) => {
            let folder = folder.canonicalize().map_err(BenchError::io("looking for the peer"))?;
            Peer::fill_and_start(&folder, arguments, database).map(Some)
        }
        (None, None) => Ok(None),
    }
}

impl Peer {
    fn fill_and_start(folder: &Path, arguments: &Arguments, database: &Database) -> Result<Self, BenchError> {
        let output = program(folder, "python", database)
            .args(["seed.py", &arguments.users().to_string()])
            .output()
            .map_err(BenchError::io("starting the peer's seed.py"))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(BenchError::Program { program: "the peer's seed.py", message });
        }
        database.fill_peer(arguments)?;
        let address = free_address()?;
        let port = address.rsplit(':').next().unwrap_or_default();
        let started = Instant::now();
        let child = program(folder, "uvicorn", database)
            .args(["main:app", "--port", port, "--workers", "2", "--no-access-log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(BenchError::io("starting the peer"))?;
        let peer = Self { url: format!("http://{address}"), ours: Some(Uvicorn(child)) };
        match wait_until_ready(&format!("{}/health", peer.url), started, &mut []) {
            Some(_) => Ok(peer),
            None => Err(BenchError::Program { program: "the peer", message: "it did not become ready".into() }),
        }
    }

    /// Its processes, if this command started it.
    pub(super) fn process_ids(&self) -> Vec<u32> {
        let family = |uvicorn: &Uvicorn| [vec![uvicorn.0.id()], usage::descendants(uvicorn.0.id())].concat();
        self.ours.as_ref().map(family).unwrap_or_default()
    }

    pub(super) fn is_on_our_postgres(&self) -> bool {
        self.ours.is_some()
    }
}

fn program(folder: &Path, name: &str, database: &Database) -> Command {
    let mut command = Command::new([folder, Path::new(".venv/bin"), Path::new(name)].iter().collect::<PathBuf>());
    command.current_dir(folder).env("DATABASE_URL", database.url("peer"));
    command
}
