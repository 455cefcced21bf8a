use std::io;

use steward_auth_service::register::RegisterError;
use steward_auth_service::sample_data::SampleDataError;
use steward_domain::ports::StoreError;
use steward_persistence::MigrationError;

use crate::config::ConfigError;

/// Why a command did not do what it should, in words for whoever gave it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Settings that are wrong, a line each.
    #[error("{}", lines(.0))]
    Settings(Vec<ConfigError>),
    /// The database did not answer in time.
    #[error(
        "the database gave no answer within {seconds} seconds ({cause}): is it running, and is DATABASE_URL right?"
    )]
    DatabaseAway { seconds: u64, cause: String },
    /// The server answers, and lets this user or this database not be used.
    #[error(
        "DATABASE_URL: the server rejects the connection ({cause}); set a user, password and database that exist there, or \
         create them"
    )]
    DatabaseRejects { cause: String },
    /// No connection can come of the setting, or the file is damaged.
    #[error("DATABASE_URL: names a database that cannot be used ({cause}); put the setting or the database right")]
    DatabaseUnusable { cause: String },
    /// A migration failed.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Texts were not folded for searching.
    #[error(
        "users are not all folded for searching ({0}), so searches may miss some: run `steward migrate` again, as the owner \
         of the tables"
    )]
    Unfolded(StoreError),
    /// Addresses of earlier releases were not stored in the spelling of this one.
    #[error(
        "some addresses are in the spelling of an earlier release ({0}), so searches may miss them: run `steward migrate` \
         again, as the owner of the tables"
    )]
    Outdated(StoreError),
    /// An address cannot be listened at.
    #[error("cannot listen at {address} ({error}): stop what listens there, or set {variable}")]
    Listen { address: String, variable: &'static str, error: io::Error },
    /// The process was asked to stop, and cut requests that took too long.
    #[error(
        "{requests} request(s) in flight were cut: not finished within {} seconds",
        steward_web::server::DRAIN_SECONDS
    )]
    Cut { requests: usize },
    /// Something that was checked is not as it should be.
    #[error("{0}")]
    Unwell(String),
    /// What was asked for on the command line cannot be.
    #[error("{0}")]
    Refused(String),
    /// The sample users were not loaded.
    #[error("the sample users were not loaded: {0}")]
    SampleData(#[from] SampleDataError),
    /// No account was made.
    #[error("no account was made: {0}")]
    Register(#[from] RegisterError),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Two metrics of one name: a defect.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The description of the API cannot be written: a defect.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Failure {
    /// What the process exits with: 2 for what its caller has to put right, as for a wrong option; 3 for requests that
    /// were cut.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Refused(_) | Self::DatabaseUnusable { .. } => 2,
            Self::Cut { .. } => 3,
            // As of a program that SIGPIPE ends.
            _ if self.is_broken_pipe() => 141,
            _ => 1,
        }
    }

    /// Whether a reader that has seen enough closed the output, as `head` does.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<ConfigError> for Failure {
    fn from(wrong: ConfigError) -> Self {
        Self::Settings(vec![wrong])
    }
}

impl From<Vec<ConfigError>> for Failure {
    fn from(wrong: Vec<ConfigError>) -> Self {
        Self::Settings(wrong)
    }
}

fn lines(wrong: &[ConfigError]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
