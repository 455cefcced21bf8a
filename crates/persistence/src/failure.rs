//! What goes wrong inside a query, and what it means to the one who asked.

use diesel::result::{DatabaseErrorKind, Error};
use steward_domain::ports::{StoreError, UniqueKey};

/// Why a body of SQL came to no good end.
#[derive(Debug)]
pub(crate) enum Failure<E = StoreError> {
    /// The database said so.
    Sql(Error),
    /// The body itself said so.
    Refused(E),
}

impl<E> From<Error> for Failure<E> {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

impl<E: From<StoreError>> From<StoreError> for Failure<E> {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl<E: From<StoreError>> Failure<E> {
    /// The error that the port tells.
    pub(crate) fn into_error(self) -> E {
        match self {
            Self::Sql(error) => store_error(error).into(),
            Self::Refused(error) => error,
        }
    }
}

impl<E> Failure<E> {
    /// Whether the connection it happened on is better not used again.
    pub(crate) fn spoils_the_connection(&self) -> bool {
        matches!(self, Self::Sql(error) if may_pass(error))
    }
}

impl Failure {
    /// The error for each of many who asked together.
    pub(crate) fn told(&self) -> StoreError {
        match self {
            Self::Sql(error) if may_pass(error) => StoreError::unavailable(error.to_string()),
            Self::Sql(error) => StoreError::failed(error.to_string()),
            Self::Refused(error) => error.clone(),
        }
    }
}

/// What a failed query means to the one who asked.
fn store_error(error: Error) -> StoreError {
    if may_pass(&error) { StoreError::unavailable(error) } else { StoreError::failed(error) }
}

/// The key that another row holds, if that is what went wrong. PostgreSQL names the index; SQLite names the index or
/// the columns, in its message.
pub(crate) fn taken(error: &Error) -> Option<UniqueKey> {
    let Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = error else { return None };
    let place = info.constraint_name().unwrap_or_else(|| info.message());
    if place.contains("idx_users_user_id") {
        Some(UniqueKey::UserId)
    } else if place.contains("idx_users_email") || place.contains("users.email") {
        Some(UniqueKey::Email)
    } else {
        None
    }
}

/// Whether the same may work later: the connection is gone, or somebody else was in the way for too long.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction => true,
            DatabaseErrorKind::Unknown => PASSING.iter().any(|text| info.message().contains(text)),
            _ => false,
        },
        Error::RollbackErrorOnCommit { rollback_error, commit_error } => {
            may_pass(rollback_error) || may_pass(commit_error)
        }
        Error::BrokenTransactionManager => true,
        _ => false,
    }
}

/// Diesel has no kind for these, and does not hand out the SQLSTATE.
const PASSING: [&str; 11] = [
    // PostgreSQL: 57014, 55P03, 40P01, 25P03, 57P01 to 57P03, 53100 to 53300
    "statement timeout",
    "lock timeout",
    "deadlock detected",
    "idle-in-transaction timeout",
    "terminating connection",
    "the database system is",
    "No space left on device",
    // SQLite: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
];
