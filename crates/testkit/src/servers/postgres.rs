use std::path::Path;
use std::process::Command;

use super::account::Account;
use super::guard::Guard;
use super::process::Process;
use super::{ServerError, free_port, programs, sql};

const READY: &str = "database system is ready to accept connections";

/// As after a crash: no farewell to clients, no checkpoint, and the log is replayed at the next start.
const AT_ONCE: &str = "QUIT";

/// Tries at finding a port that nobody takes between our look and the server's.
const TRIES: usize = 5;

/// A PostgreSQL of one's own. Its role `steward` may create databases and is no superuser.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    options: PostgresOptions,
    // Before the guard: the process ends first, then its folder goes.
    process: Process,
    guard: Guard,
    folder: std::path::PathBuf,
    account: Account,
}

/// How a PostgreSQL is to run.
#[derive(Debug, Clone, Default)]
pub struct PostgresOptions {
    durable: bool,
    settings: Vec<String>,
}

impl PostgresOptions {
    /// Waits for the disk at each commit, as in production. Without it what is committed survives the end of the
    /// server, and not a power cut.
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
    /// Starts a server for tests: quick, and forgetful in a power cut.
    pub fn start() -> Result<Self, ServerError> {
        PostgresOptions::default().start()
    }

    /// Where clients connect, as `steward`, to the database that always exists.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Where clients connect, as `steward`, to this database.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://steward@127.0.0.1:{}/{database}", self.port)
    }

    /// Where clients connect over the Unix socket, as `steward`, to this database: quicker than TCP.
    pub fn socket_url_of(&self, database: &str) -> String {
        let folder = self.folder.to_string_lossy().replace('%', "%25").replace('/', "%2F");
        format!("postgres://steward@{folder}:{}/{database}", self.port)
    }

    /// Where the superuser connects.
    pub fn superuser_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The loopback port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id, for measuring what it uses.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Runs one statement as the superuser, and returns its rows, a line each, columns separated by `|`.
    pub fn run(&self, statement: &str) -> Result<String, ServerError> {
        sql::run(&self.superuser_url(), statement)
    }

    /// The same in this database.
    pub fn run_in(&self, database: &str, statement: &str) -> Result<String, ServerError> {
        let superuser = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        sql::run(&superuser, statement)
    }

    /// Ends the server at once, as a crash would; its data stays for [`Postgres::restart`].
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.process.end(AT_ONCE, &mut self.guard)
    }

    /// Starts the server again, on the same port and data; one that still runs is stopped first.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        self.process = launch(&self.folder, self.account, self.port, &self.options, &mut self.guard)?;
        Ok(())
    }

    /// Stops the server in its tracks (`SIGSTOP`): connections stay open, and no answer comes.
    pub fn pause(&mut self) -> Result<(), ServerError> {
        self.process.pause(&mut self.guard)
    }

    /// Lets a paused server go on.
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
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(ServerError::Failed { program: "initdb".into(), said })
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
