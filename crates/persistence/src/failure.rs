//! What goes wrong inside a query, and what it means to the one who asked.

use std::time::Duration;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
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
    /// The same failure, of a body that ran for so long. Whatever language the server speaks, an error of no known kind
    /// that comes when a wait for a lock or for the end of a statement may last no longer is a time-out.
    pub(crate) fn after(self, took: Duration, lock_timeout: Duration) -> Self {
        match self {
            Self::Sql(error @ Error::DatabaseError(DatabaseErrorKind::Unknown, _)) if took >= lock_timeout => {
                StoreError::unavailable(error).into()
            }
            failure => failure,
        }
    }

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
            DatabaseErrorKind::Unknown => {
                PASSING.iter().any(|text| info.message().contains(text)) || is_deadlock(&**info)
            }
            _ => false,
        },
        Error::RollbackErrorOnCommit { rollback_error, commit_error } => {
            may_pass(rollback_error) || may_pass(commit_error)
        }
        Error::BrokenTransactionManager => true,
        _ => false,
    }
}

/// In any language, the only error of a query whose detail has a line for each of the processes involved.
fn is_deadlock(info: &dyn DatabaseErrorInformation) -> bool {
    info.statement_position().is_none() && info.details().is_some_and(|detail| detail.lines().count() > 1)
}

/// Diesel has no kind for these, and does not hand out the SQLSTATE. PostgreSQL's are translated where `lc_messages` is
/// not fixed: time-outs and deadlocks are then known by [`Failure::after`] and [`is_deadlock`], and the end of a session
/// by its closed connection; a full disk is not.
const PASSING: [&str; 12] = [
    // PostgreSQL: 57014, 55P03, 40P01, 25P03, 57P01 to 57P03, 53100 to 53300
    "statement timeout",
    "lock timeout",
    "deadlock detected",
    "idle-in-transaction timeout",
    "terminating connection",
    "the database system is",
    "No space left on device",
    // SQLite, which speaks English alone: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY
    "database is locked",
    "database table is locked",
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
];

#[cfg(test)]
mod tests {
    use super::*;

    struct InGerman(Option<&'static str>);

    impl DatabaseErrorInformation for InGerman {
        fn message(&self) -> &'static str {
            "in einer anderen Sprache"
        }

        fn details(&self) -> Option<&str> {
            self.0
        }

        fn hint(&self) -> Option<&str> {
            None
        }

        fn table_name(&self) -> Option<&str> {
            None
        }

        fn column_name(&self) -> Option<&str> {
            None
        }

        fn constraint_name(&self) -> Option<&str> {
            None
        }

        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn error(detail: Option<&'static str>) -> Failure {
        Failure::Sql(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(InGerman(detail))))
    }

    #[test]
    fn time_outs_and_deadlocks_are_known_in_any_language() {
        let limit = Duration::from_secs(5);
        let is_passing = |failure: Failure| matches!(failure.into_error(), StoreError::Unavailable(_));
        assert!(is_passing(error(None).after(limit, limit)));
        assert!(!is_passing(error(None).after(limit.mul_f32(0.99), limit)));
        let deadlock = "Prozess 1 wartet auf Prozess 2.\nProzess 2 wartet auf Prozess 1.";
        assert!(is_passing(error(Some(deadlock)).after(Duration::ZERO, limit)));
        assert!(!is_passing(error(Some("Eine Zeile.")).after(Duration::ZERO, limit)));
    }
}
