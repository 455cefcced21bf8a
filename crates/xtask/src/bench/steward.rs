use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::arguments::Arguments;
use super::database::Database;
use super::{BenchError, http, usage};

/// How long a server may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time after which a process without requests is idle.
const IDLE: Duration = Duration::from_secs(20);

/// Signs the tokens of the measured servers.
const SECRET_KEY: &str = "only for the bench: 32 bytes at the least, and these are many more";

/// How the services are divided into processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    OneProcess,
    /// One process each for the gateway, the auth service and the admin service.
    Split,
}

/// The running product.
#[derive(Debug)]
pub(super) struct Steward {
    pub(super) shape: Shape,
    pub(super) url: String,
    /// The URL of the console, if it runs in the process.
    pub(super) console: String,
    /// Time from the start of the first process until the gateway is ready.
    pub(super) ready: Duration,
    /// Memory of all its processes after an idle time, in MB.
    pub(super) idle_memory: f64,
    processes: Vec<KillOnDrop>,
    // The working directory, which has no .env and holds the log.
    _folder: TempDir,
}

/// A process that is killed when dropped.
#[derive(Debug)]
pub(super) struct KillOnDrop(pub(super) Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Migrates the database and loads the sample users.
pub(super) fn prepare(binary: &Path, database: &Database) -> Result<(), BenchError> {
    for command in ["migrate", "sample-data"] {
        let folder = tempfile::tempdir().map_err(BenchError::io("making a folder"))?;
        let output = Command::new(binary)
            .arg(command)
            .current_dir(folder.path())
            .envs(settings(database))
            // Production refuses the sample users.
            .env("STEWARD_ENV", "development")
            .output()
            .map_err(BenchError::io("starting the server"))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            return Err(BenchError::Program { program: "steward", message });
        }
    }
    Ok(())
}

impl Steward {
    pub(super) fn start(
        shape: Shape,
        binary: &Path,
        database: &Database,
        arguments: &Arguments,
    ) -> Result<Self, BenchError> {
        Self::start_with(shape, binary, database, arguments, &[])
    }

    /// Starts it with these settings, which come before those of the command line.
    pub(super) fn start_with(
        shape: Shape,
        binary: &Path,
        database: &Database,
        arguments: &Arguments,
        extra: &[(&str, &str)],
    ) -> Result<Self, BenchError> {
        let folder = tempfile::tempdir().map_err(BenchError::io("making a folder"))?;
        let [api, auth, admin, console] = [free_address()?, free_address()?, free_address()?, free_address()?];
        let services: &[&[&str]] = match shape {
            Shape::OneProcess => &[&[]],
            Shape::Split => &[&["--only", "auth"], &["--only", "admin"], &["--only", "gateway"]],
        };
        let started = Instant::now();
        let mut processes = Vec::new();
        for service in services {
            let log = File::create(folder.path().join(format!("{}.log", service.concat())))
                .map_err(BenchError::io("making a log"))?;
            let child = Command::new(binary)
                .arg("serve")
                .args(*service)
                .current_dir(folder.path())
                .envs(settings(database))
                .env("STEWARD_API_ADDR", &api)
                .env("STEWARD_CONSOLE_ADDR", &console)
                .env("STEWARD_AUTH_ADDR", &auth)
                .env("STEWARD_ADMIN_ADDR", &admin)
                .env("STEWARD_AUTH_URL", format!("http://{auth}"))
                .env("STEWARD_ADMIN_URL", format!("http://{admin}"))
                .envs(extra.iter().copied())
                .envs(arguments.settings.clone())
                .stdout(log.try_clone().map_err(BenchError::io("making a log"))?)
                .stderr(log)
                .stdin(Stdio::null())
                .spawn()
                .map_err(BenchError::io("starting the server"))?;
            processes.push(KillOnDrop(child));
        }
        let url = format!("http://{api}");
        let ready = wait_until_ready(&format!("{url}/health/ready"), started, &mut processes)
            .ok_or_else(|| not_ready(&folder))?;
        // Memory from the start is released at the next activity, which happens every 15 seconds.
        if !arguments.smoke {
            thread::park_timeout(IDLE);
        }
        let ids: Vec<u32> = processes.iter().map(|process| process.0.id()).collect();
        let (console, idle_memory) = (format!("http://{console}"), usage::memory_now(&ids));
        Ok(Self { shape, url, console, ready, idle_memory, processes, _folder: folder })
    }

    pub(super) fn process_ids(&self) -> Vec<u32> {
        self.processes.iter().map(|process| process.0.id()).collect()
    }
}

/// Time from `started` until `url` returned a success; `None` after a time-out, or if one of `processes` ended.
pub(super) fn wait_until_ready(url: &str, started: Instant, processes: &mut [KillOnDrop]) -> Option<Duration> {
    while !http::is_success(url) {
        let has_ended = processes.iter_mut().any(|process| !matches!(process.0.try_wait(), Ok(None)));
        if has_ended || started.elapsed() > PATIENCE {
            return None;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    Some(started.elapsed())
}

/// A loopback address on which no process listens at this moment.
pub(super) fn free_address() -> Result<String, BenchError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(BenchError::io("looking for a free port"))?;
    Ok(listener.local_addr().map_err(BenchError::io("looking for a free port"))?.to_string())
}

/// The settings. Rate limits are enabled, but out of reach.
fn settings(database: &Database) -> Vec<(&'static str, String)> {
    let limits = ["STEWARD_LIMIT_LOGIN", "STEWARD_LIMIT_API_TOKEN", "STEWARD_LIMIT_API_ADDRESS"];
    let mut settings: Vec<_> = limits.map(|limit| (limit, "10000000/min".to_owned())).into();
    settings.extend([
        ("STEWARD_ENV", "production".to_owned()),
        ("DATABASE_URL", database.url("steward")),
        ("SECRET_KEY", SECRET_KEY.to_owned()),
    ]);
    settings
}

fn not_ready(folder: &TempDir) -> BenchError {
    let logs = std::fs::read_dir(folder.path()).into_iter().flatten().flatten();
    let message = logs.filter_map(|log| std::fs::read_to_string(log.path()).ok()).collect();
    BenchError::Program { program: "steward", message }
}
