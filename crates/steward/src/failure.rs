use std::io;

use steward_auth_service::register::RegisterError;
use steward_auth_service::sample_data::SampleDataError;
use steward_domain::ports::StoreError;
use steward_persistence::MigrationError;

use crate::config::ConfigError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Invalid settings, one line each.
    #[error("{}", lines(.0))]
    Settings(Vec<ConfigError>),
    /// The database did not respond in time.
    #[error(
        "the database did not respond within {seconds} seconds ({cause}): check that it runs, and that DATABASE_URL is \
         correct"
    )]
    DatabaseUnreachable { seconds: u64, cause: String },
    /// The database server rejects the user or the database.
    #[error(
        "DATABASE_URL: the server rejects the connection ({cause}); set a user, password and database that exist, or \
         create them"
    )]
    DatabaseRejects { cause: String },
    /// The URL cannot work, or the database file is damaged.
    #[error("DATABASE_URL: names a database that cannot be used ({cause}); correct the setting or repair the database")]
    DatabaseUnusable { cause: String },
    /// A migration failed.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Texts could not be folded for searching.
    #[error(
        "not all users are folded for searching ({0}), so searches may miss some: run `steward migrate` again, as the \
         owner of the tables"
    )]
    Unfolded(StoreError),
    /// Addresses of earlier releases could not be stored in the spelling of this one.
    #[error(
        "some addresses are stored in an earlier spelling ({0}), so searches may miss them: run `steward migrate` \
         again, as the owner of the tables"
    )]
    Outdated(StoreError),
    /// Sign-ins of earlier releases have no keys of their address and device.
    #[error(
        "not all sign-ins of earlier releases are prepared ({0}), so filters by address and device may miss some: run \
         `steward migrate` again, as the owner of the tables"
    )]
    WithoutKeys(StoreError),
    /// The process cannot listen at an address.
    #[error("cannot listen at {address} ({error}): stop the process that listens there, or set {variable}")]
    Listen { address: String, variable: String, error: io::Error },
    /// The process received a stop signal, and cut requests that took too long.
    #[error(
        "{requests} request(s) in flight were cut: they did not finish within {} seconds",
        steward_web::server::DRAIN_SECONDS
    )]
    DrainTimedOut { requests: usize },
    /// A check failed.
    #[error("{0}")]
    CheckFailed(String),
    /// The command cannot be executed as requested.
    #[error("{0}")]
    Refused(String),
    /// The sample users were not loaded.
    #[error("the sample users were not loaded: {0}")]
    SampleData(#[from] SampleDataError),
    /// The account was not created.
    #[error("the account was not created: {0}")]
    Register(#[from] RegisterError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A system call failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Two metrics have the same name: a defect.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The OpenAPI description cannot be serialized: a defect.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// The exit code: 2 for errors that the caller must correct, such as an invalid option; 3 for requests that were
    /// cut.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Refused(_) | Self::DatabaseUnusable { .. } => 2,
            Self::DrainTimedOut { .. } => 3,
            // The code of a program that SIGPIPE terminates.
            _ if self.is_broken_pipe() => 141,
            _ => 1,
        }
    }

    /// Whether the reader of the output has closed it, as `head` does.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Settings(vec![error])
    }
}

impl From<Vec<ConfigError>> for Failure {
    fn from(errors: Vec<ConfigError>) -> Self {
        Self::Settings(errors)
    }
}

fn lines(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
