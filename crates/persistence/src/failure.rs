//! Errors inside a query, and the errors of the port that they become.

use std::time::Duration;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use steward_domain::ports::{StoreError, UniqueKey};

/// The error of a body of SQL.
#[derive(Debug)]
pub(crate) enum Failure<E = StoreError> {
    /// The database reported it.
    Sql(Error),
    /// The body itself returned it.
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
    /// The failure of a body that ran for this long. An error of an unknown kind after the lock time-out or later
    /// counts as a time-out, because the message of a time-out depends on the language of the server.
    pub(crate) fn after(self, took: Duration, lock_timeout: Duration) -> Self {
        match self {
            Self::Sql(error @ Error::DatabaseError(DatabaseErrorKind::Unknown, _)) if took >= lock_timeout => {
                StoreError::unavailable(error).into()
            }
            failure => failure,
        }
    }

    /// The error that the port returns.
    pub(crate) fn into_error(self) -> E {
        match self {
            Self::Sql(error) => store_error(error).into(),
            Self::Refused(error) => error,
        }
    }
}

impl<E> Failure<E> {
    /// Whether the pool must discard the connection on which it occurred.
    pub(crate) fn breaks_connection(&self) -> bool {
        matches!(self, Self::Sql(error) if may_pass(error))
    }
}

impl Failure {
    /// A copy of the error for each caller of a shared query.
    pub(crate) fn shared_error(&self) -> StoreError {
        match self {
            Self::Sql(error) if may_pass(error) => StoreError::unavailable(error.to_string()),
            Self::Sql(error) => StoreError::failed(error.to_string()),
            Self::Refused(error) => error.clone(),
        }
    }
}

/// The error of the port for a failed query.
fn store_error(error: Error) -> StoreError {
    if may_pass(&error) { StoreError::unavailable(error) } else { StoreError::failed(error) }
}

/// The unique key that another row has, if the error is a violation of it. PostgreSQL names the index; SQLite names the
/// index or the columns in its message.
pub(crate) fn taken(error: &Error) -> Option<UniqueKey> {
    let Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) = error else { return None };
    let name = info.constraint_name().unwrap_or_else(|| info.message());
    if name.contains("idx_users_user_id") {
        Some(UniqueKey::UserId)
    } else if name.contains("idx_users_email") || name.contains("users.email") {
        Some(UniqueKey::Email)
    } else {
        None
    }
}

/// The refusal of a change that a unique key prevents; any other error as it is.
pub(crate) fn conflict<E>(refuse: impl FnOnce(UniqueKey) -> E) -> impl FnOnce(Error) -> Failure<E> {
    |error| taken(&error).map_or(Failure::Sql(error), |key| Failure::Refused(refuse(key)))
}

/// Whether a retry may succeed: the connection is closed, or a wait for another transaction timed out.
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

/// Whether the error is a deadlock, in any language: no other error of a query has a detail of several lines, one for
/// each process.
fn is_deadlock(info: &dyn DatabaseErrorInformation) -> bool {
    info.statement_position().is_none() && info.details().is_some_and(|detail| detail.lines().count() > 1)
}

/// Messages of temporary errors, for which Diesel has no kind; it does not expose the SQLSTATE either. PostgreSQL
/// translates them if `lc_messages` is not fixed. [`Failure::after`] and [`is_deadlock`] then recognize time-outs and
/// deadlocks, and a closed connection shows the end of a session; a full disk is not recognized.
const PASSING: [&str; 12] = [
    // PostgreSQL: 57014, 55P03, 40P01, 25P03, 57P01 to 57P03, 53100 to 53300
    "statement timeout",
    "lock timeout",
    "deadlock detected",
    "idle-in-transaction timeout",
    "terminating connection",
    "the database system is",
    "No space left on device",
    // SQLite, which has English messages only: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY
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
    fn time_outs_and_deadlocks_are_recognized_in_any_language() {
        let limit = Duration::from_secs(5);
        let is_passing = |failure: Failure| matches!(failure.into_error(), StoreError::Unavailable(_));
        assert!(is_passing(error(None).after(limit, limit)));
        assert!(!is_passing(error(None).after(limit.mul_f32(0.99), limit)));
        let deadlock = "Prozess 1 wartet auf Prozess 2.\nProzess 2 wartet auf Prozess 1.";
        assert!(is_passing(error(Some(deadlock)).after(Duration::ZERO, limit)));
        assert!(!is_passing(error(Some("Eine Zeile.")).after(Duration::ZERO, limit)));
    }
}
