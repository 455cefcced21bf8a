use std::io::Write;
use std::time::{Duration, Instant};

use steward_auth_service::AuthService;
use steward_domain::ports::{Clock, StoreError};
use steward_domain::{ActorKind, Role};
use steward_persistence::{Database, MigrationError, SchemaState, StartFailure};

use super::ignore_closed_output;
use crate::failure::Failure;
use crate::system::SystemClock;
use crate::wiring::storage::Storage;

/// How long a server waits for an unreachable database.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a command on a terminal waits.
pub(crate) const SHORT_PATIENCE: Duration = Duration::from_secs(5);
/// Delay before the second try; it doubles each time, up to the longest.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LONGEST_RETRY: Duration = Duration::from_millis(500);
/// Shorter waits are not logged.
const FIRST_REPORT: Duration = Duration::from_secs(1);
const REPORT: Duration = Duration::from_secs(3);

/// Waits until the database is reachable, and migrates it. Permanent errors return at once. A rejected connection,
/// which an administrator may still fix by creating the role or the database, returns after [`SHORT_PATIENCE`].
pub(crate) async fn prepare(database: &Database, patience: Duration) -> Result<Vec<String>, Failure> {
    let began = Instant::now();
    let mut first_rejected = None;
    let (mut retry, mut report_after) = (FIRST_RETRY, FIRST_REPORT);
    loop {
        let error = match database.migrate().await {
            Ok(applied) => {
                if !applied.is_empty() {
                    tracing::info!(migrations = applied.len(), last = applied.last(), "the database is migrated");
                }
                return Ok(applied);
            }
            Err(error) => error,
        };
        let failure = error.start_failure(database);
        let cause = match error {
            MigrationError::Connection(cause) => one_line(&cause.to_string()),
            error => return Err(error.into()),
        };
        let waited = began.elapsed();
        let up_to = match failure {
            StartFailure::Away if waited >= patience => {
                return Err(Failure::DatabaseUnreachable { seconds: patience.as_secs(), cause });
            }
            StartFailure::Away => patience,
            StartFailure::Rejected => {
                let up_to = *first_rejected.get_or_insert(waited) + SHORT_PATIENCE;
                if waited >= up_to {
                    return Err(Failure::DatabaseRejects { cause });
                }
                up_to
            }
            StartFailure::Permanent => return Err(Failure::DatabaseUnusable { cause }),
        };
        let advice = hint(database, failure, &cause);
        // A failure with a hint is logged at once.
        if waited >= report_after || (advice.is_some() && report_after == FIRST_REPORT) {
            tracing::warn!(
                waited_seconds = waited.as_secs(),
                up_to = up_to.as_secs(),
                cause,
                hint = advice,
                "waiting for the database"
            );
            report_after = waited + REPORT;
        }
        tokio::time::sleep(retry).await;
        retry = (retry * 2).min(LONGEST_RETRY);
    }
}

/// A hint about the likely cause, if the error shows one.
fn hint(database: &Database, failure: StartFailure, cause: &str) -> Option<String> {
    if failure == StartFailure::Rejected {
        return Some("the server responds; correct the user, password and database of DATABASE_URL".to_owned());
    }
    let host = database.describe().host.as_deref()?;
    // libpq's own messages are always in English.
    cause.contains("could not translate host name").then(|| {
        format!(
            "the host name {host} cannot be resolved; the name of a docker-compose service exists inside its network \
             only: elsewhere set DATABASE_URL to localhost and the published port, or remove it to use SQLite"
        )
    })
}

/// Logs the defects and the missing features of the database.
pub(crate) async fn log_remarks(database: &Database) {
    match remarks(database).await {
        Ok(remarks) => remarks.into_iter().for_each(|remark| tracing::warn!("{remark}")),
        Err(error) => tracing::warn!(%error, "failed to check the features of the database"),
    }
}

async fn remarks(database: &Database) -> Result<Vec<String>, StoreError> {
    let mut remarks = database.defects().await?;
    remarks.extend(newer_schema(&database.schema_state().await?));
    remarks.extend(database.missing_features().await?);
    Ok(remarks)
}

/// A remark about a schema that a newer release has migrated.
pub(crate) fn newer_schema(state: &SchemaState) -> Option<String> {
    (!state.unknown.is_empty()).then(|| {
        format!(
            "a newer release has migrated the database ({}): this release still runs; update it",
            state.unknown.join(", ")
        )
    })
}

/// Loads the sample users into a database without users. Reports it on standard output and in the server's log.
pub(crate) async fn load_sample_users(
    service: &AuthService,
    storage: &Storage,
    actor: ActorKind,
) -> Result<bool, Failure> {
    if storage.users.statistics(SystemClock.now()).await?.total() == 0 {
        tracing::info!("loading the sample users: hashing their ten passwords takes a moment");
    }
    if !service.create_sample_users(actor).await? {
        return Ok(false);
    }
    let numbers = storage.users.statistics(SystemClock.now()).await?;
    let rule = "=".repeat(44);
    let lines = vec![
        rule.clone(),
        "Database Initialization Complete".to_owned(),
        rule,
        format!("Total Users: {}", numbers.total()),
        format!("Admin Users: {}", numbers.with_role(Role::Admin) + numbers.with_role(Role::SuperAdmin)),
        format!("Active Users: {}", numbers.active()),
    ];
    ignore_closed_output(writeln!(std::io::stdout(), "{}", lines.join("\n")))?;
    // The users are loaded even if the server's log cannot be written.
    if let Err(error) = storage.database.write_to_server_log(lines).await {
        tracing::debug!(%error, "the database server's log was not written");
    }
    Ok(true)
}

/// Errors of libpq span lines; a log event must be one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
