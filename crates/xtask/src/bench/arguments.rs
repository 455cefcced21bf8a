use std::path::PathBuf;

use super::BenchError;
use super::calls::Call;
use crate::product;

/// More than one kind of call at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Scenario {
    /// Everybody signs in at once, while somebody who is signed in goes on working
    Storm,
}

/// Measures the release binary on a PostgreSQL of its own, in one process and through the split gateway.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A scenario to measure instead of call after call
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
    /// Rounds in which all servers take turns at a call; the middle one counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Seconds for which each call is driven in each round
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=300))]
    seconds: u32,
    /// Connections that send requests at once
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    clients: u32,
    /// Calls to measure, of those in the first column of the table, separated by commas; all without it
    #[arg(long, value_name = "CALLS", value_delimiter = ',')]
    only: Vec<String>,
    /// A running server with the same endpoints, data and log-ins to measure in the same run
    #[arg(long, value_name = "URL", conflicts_with = "peer_dir")]
    pub(super) peer: Option<String>,
    /// A peer in Python (main.py, seed.py, .venv) to fill and start on the same PostgreSQL
    #[arg(long, value_name = "FOLDER")]
    pub(super) peer_dir: Option<PathBuf>,
    /// A setting for the measured server; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub(super) settings: Vec<(String, String)>,
    /// Measures this binary instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Also writes the tables to this file
    #[arg(long, value_name = "FILE")]
    pub(super) markdown: Option<PathBuf>,
    /// A quick look that everything works: 1,000 users, 4 clients, a second for each call
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

    pub(super) fn seconds_of(&self, call: &Call) -> u32 {
        self.seconds() * call.patience
    }

    pub(super) fn clients(&self) -> u32 {
        if self.smoke { 4 } else { self.clients }
    }

    /// How many sign-ins take part: one for each connection, as with as many people.
    pub(super) fn sessions(&self) -> u32 {
        self.clients()
    }

    pub(super) fn clients_for(&self, call: &Call) -> u32 {
        call.clients.map_or(self.clients(), |most| most.min(self.clients()))
    }

    pub(super) fn wants(&self, call: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| call.starts_with(name.trim()))
    }

    /// The binary to measure: the one that was named, or the workspace's, built now.
    pub(super) fn binary(&self) -> Result<PathBuf, BenchError> {
        if let Some(binary) = &self.binary {
            return binary.canonicalize().map_err(BenchError::io("looking for the binary"));
        }
        let binary = product::build(&["--release"]).map_err(BenchError::io("starting cargo"))?;
        binary.ok_or_else(|| BenchError::Program { program: "cargo build", said: "see above".into() })
    }
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must look like NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
