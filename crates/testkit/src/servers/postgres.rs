use std::path::Path;
use std::process::Command;

use super::account::Account;
use super::guard::Guard;
use super::process::Process;
use super::{ServerError, free_port, programs, sql};

const READY: &str = "database system is ready to accept connections";

/// Like a crash: no message to clients, no checkpoint; the next start replays the log.
const AT_ONCE: &str = "QUIT";

/// Tries to start on a free port, because another process may take it in the meantime.
const TRIES: usize = 5;

/// A private PostgreSQL. Its role `steward` can create databases and is not a superuser.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    options: PostgresOptions,
    // Declared before the guard: the process ends first, then its folder is removed.
    process: Process,
    guard: Guard,
    folder: std::path::PathBuf,
    account: Account,
}

/// Settings of a PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    durable: bool,
    settings: Vec<String>,
}

impl PostgresOptions {
    /// Syncs to disk at each commit, as in production. Otherwise commits survive a crash of the server, but not of the
    /// machine.
    #[must_use]
    pub fn durable(self) -> Self {
        Self { durable: true, ..self }
    }

    /// Sets a parameter of postgresql.conf.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("{name}={value}"));
        self
    }

    /// Starts the server.
    pub fn start(self) -> Result<Postgres, ServerError> {
        let folder = tempfile::Builder::new().prefix("steward-postgres-").tempdir()?.keep();
        let mut guard = Guard::of(&folder, AT_ONCE)?;
        let account = Account::unprivileged(&folder)?;
        account.own(&folder)?;
        init(&folder, account)?;
        let mut tries = 0;
        loop {
            let port = free_port()?;
            match launch(&folder, account, port, &self, &mut guard) {
                Ok(process) => {
                    let server = Postgres { port, options: self, process, guard, folder, account };
                    sql::run(&server.superuser_url(), "CREATE ROLE steward LOGIN CREATEDB")?;
                    return Ok(server);
                }
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        }
    }
}

impl Postgres {
    /// Starts a server for tests: fast, because commits are not synced.
    pub fn start() -> Result<Self, ServerError> {
        PostgresOptions::default().start()
    }

    /// The URL of the `postgres` database, as role `steward`.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of this database, as role `steward`.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://steward@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of this database over the Unix socket, as role `steward`; faster than TCP.
    pub fn socket_url_of(&self, database: &str) -> String {
        let folder = self.folder.to_string_lossy().replace('%', "%25").replace('/', "%2F");
        format!("postgres://steward@{folder}:{}/{database}", self.port)
    }

    /// The URL for the superuser.
    pub fn superuser_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The loopback port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id, to measure its resource usage.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Runs one statement as the superuser, and returns its rows, one per line, with columns separated by `|`.
    pub fn run(&self, statement: &str) -> Result<String, ServerError> {
        sql::run(&self.superuser_url(), statement)
    }

    /// As [`Postgres::run`], in this database.
    pub fn run_in(&self, database: &str, statement: &str) -> Result<String, ServerError> {
        let superuser = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        sql::run(&superuser, statement)
    }

    /// Ends the server at once, like a crash; the data stays for [`Postgres::restart`].
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.end(AT_ONCE, &mut self.guard)
    }

    /// Restarts the server on the same port and data; a running server is stopped first.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.process = launch(&self.folder, self.account, self.port, &self.options, &mut self.guard)?;
        Ok(())
    }

    /// Suspends the server (`SIGSTOP`): connections stay open, but get no response.
    pub fn pause(&mut self) -> Result<(), ServerError> {
        self.process.pause(&mut self.guard)
    }

    /// Resumes a suspended server.
    pub fn resume(&mut self) -> Result<(), ServerError> {
        self.process.resume(&mut self.guard)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

fn init(folder: &Path, account: Account) -> Result<(), ServerError> {
    let mut command = Command::new(programs::postgres("initdb")?);
    command.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "-D"]);
    command.arg(folder.join("data")).current_dir(folder);
    let output = account.apply(&mut command).output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ServerError::Failed { program: "initdb".into(), message })
}

fn launch(
    folder: &Path,
    account: Account,
    port: u16,
    options: &PostgresOptions,
    guard: &mut Guard,
) -> Result<Process, ServerError> {
    let mut command = Command::new(programs::postgres("postgres")?);
    command.current_dir(folder).arg("-D").arg(folder.join("data"));
    let sockets = format!("unix_socket_directories={}", folder.display());
    let mut settings = vec![
        "listen_addresses=127.0.0.1",
        &sockets,
        "max_connections=300",
        "shared_buffers=64MB",
        "max_wal_size=256MB",
        "autovacuum_naptime=5s",
        "logging_collector=off",
        "jit=off",
    ];
    if !options.durable {
        settings.extend(["fsync=off", "full_page_writes=off"]);
    }
    settings.extend(options.settings.iter().map(String::as_str));
    command.args(["-p", &port.to_string()]);
    for setting in settings {
        command.args(["-c", setting]);
    }
    account.apply(&mut command);
    Process::start(command, READY, guard)
}
