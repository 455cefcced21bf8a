use std::path::PathBuf;

use super::BenchError;
use crate::product;

/// A measurement of something else than single calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Scenario {
    /// Many users sign in at once, while a signed-in user continues to work
    Storm,
    /// One process sends queued mails to a mail server on this machine
    Mail,
}

/// Measures the release binary on a private PostgreSQL, in one process and through the split gateway.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Scenario to measure instead of single calls
    #[arg(value_enum)]
    pub(super) scenario: Option<Scenario>,
    /// Users to load
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    users: u32,
    /// Loads 1,000,000 users
    #[arg(long, conflicts_with_all = ["users", "smoke"])]
    million: bool,
    /// Audit entries to load
    #[arg(long, default_value_t = 1_000)]
    audit_entries: u32,
    /// Rounds in which all servers are measured in turn; the median round counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Seconds per call and round
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=300))]
    seconds: u32,
    /// Number of connections that send requests concurrently
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    clients: u32,
    /// Calls to measure, from the first column of the table, separated by commas; all if not set
    #[arg(long, value_name = "CALLS", value_delimiter = ',')]
    only: Vec<String>,
    /// Running server with the same endpoints, data and users to measure in the same run
    #[arg(long, value_name = "URL", conflicts_with = "peer_dir")]
    pub(super) peer: Option<String>,
    /// Peer in Python (main.py, seed.py, .venv) to fill and start on the same PostgreSQL
    #[arg(long, value_name = "FOLDER")]
    pub(super) peer_dir: Option<PathBuf>,
    /// Setting of the measured server; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Binary to measure; built from the workspace if not set
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// File to write the tables to, besides standard output
    #[arg(long, value_name = "FILE")]
    pub(super) markdown: Option<PathBuf>,
    /// Quick check: 1,000 users, 4 clients, one second per call
    #[arg(long, conflicts_with_all = ["users", "rounds", "seconds", "clients"])]
    pub(super) smoke: bool,
}

impl Arguments {
    pub(super) fn users(&self) -> u32 {
        match (self.smoke, self.million) {
            (true, _) => 1_000,
            (false, true) => 1_000_000,
            (false, false) => self.users,
        }
    }

    pub(super) fn audit_entries(&self) -> u32 {
        self.audit_entries
    }

    pub(super) fn rounds(&self) -> u32 {
        if self.smoke { 1 } else { self.rounds }
    }

    pub(super) fn seconds(&self) -> u32 {
        if self.smoke { 1 } else { self.seconds }
    }

    pub(super) fn clients(&self) -> u32 {
        if self.smoke { 4 } else { self.clients }
    }

    /// The number of users to sign in: one per connection.
    pub(super) fn sessions(&self) -> u32 {
        self.clients()
    }

    pub(super) fn wants(&self, call: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| call.starts_with(name.trim()))
    }

    /// The binary to measure: the given one, or a new build of the workspace.
    pub(super) fn binary(&self) -> Result<PathBuf, BenchError> {
        if let Some(binary) = &self.binary {
            return binary.canonicalize().map_err(BenchError::io("looking for the binary"));
        }
        let binary = product::build(&["--release"]).map_err(BenchError::io("starting cargo"))?;
        binary.ok_or_else(|| BenchError::Program { program: "cargo build", message: "see the output above".into() })
    }
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must look like NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
