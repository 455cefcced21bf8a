//! Whether a database that cannot be used at the start may become usable.

use super::{Database, MigrationError, Pools};

/// Why a database could not be used at the start, by the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFailure {
    /// The database may become available: no server responds, a name is not resolved, or the server is starting up.
    Away,
    /// The server rejects the user, the password or the database. An administrator may still create them.
    Rejected,
    /// No connection is possible with this setting, or the database is damaged.
    Permanent,
}

impl MigrationError {
    /// Whether a retry may succeed.
    pub fn start_failure(&self, database: &Database) -> StartFailure {
        match (self, database.pools()) {
            (Self::Failed(_) | Self::Unsuitable(_) | Self::NotAllowed { .. }, _) => StartFailure::Permanent,
            (Self::Connection(cause), Pools::Postgres(_)) => postgres_failure(&cause.to_string()),
            (Self::Connection(cause), Pools::Sqlite(_)) => sqlite_failure(&cause.to_string()),
        }
    }
}

/// libpq has no code for a failed connection. Its own messages are always in English, and those about the network begin
/// with the server. Before it contacts a server, only its parameters can be wrong.
fn postgres_failure(message: &str) -> StartFailure {
    const TRIED: [&str; 3] = ["connection to server ", "could not translate host name ", "out of memory"];
    /// SQLSTATE 28000, 28P01, 3D000 and 42501, and missing credentials of libpq. The messages of a server in another
    /// language are not recognized and count as [`StartFailure::Away`].
    const REJECTED: [&str; 12] = [
        "password authentication failed",
        "authentication failed for user",
        "no password supplied",
        "no pg_hba.conf entry",
        "pg_hba.conf rejects connection",
        "role \"",
        "database \"",
        "permission denied for database",
        "no encryption",
        // PgBouncer
        "no such user",
        "no such database",
        "SASL authentication failed",
    ];
    const PASSING: [&str; 2] = ["is not currently accepting connections", "the database system is"];
    let has = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if !TRIED.iter().any(|text| message.starts_with(text)) {
        return StartFailure::Permanent;
    }
    if has(&["certificate verify failed", "does not support SSL", "root certificate file"]) {
        return StartFailure::Permanent;
    }
    if has(&REJECTED) && !has(&PASSING) { StartFailure::Rejected } else { StartFailure::Away }
}

/// The file exists, because it is created if it is missing. Only a lock of another process is temporary.
fn sqlite_failure(message: &str) -> StartFailure {
    if message.contains("is locked") { StartFailure::Away } else { StartFailure::Permanent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_and_permanent_failures_are_distinguished() {
        use StartFailure::{Away, Permanent, Rejected};
        let server = "connection to server at \"127.0.0.1\", port 5432 failed: ";
        for (message, failure) in [
            ("Connection refused\n\tIs the server running on that host?", Away),
            ("timeout expired", Away),
            ("FATAL:  the database system is starting up", Away),
            ("FATAL:  database \"x\" is not currently accepting connections", Away),
            ("FATAL:  sorry, too many clients already", Away),
            ("FATAL:  password authentication failed for user \"u\"", Rejected),
            ("FATAL:  database \"x\" does not exist", Rejected),
            ("FATAL:  role \"u\" does not exist", Rejected),
            ("FATAL:  no pg_hba.conf entry for host \"::1\", user \"u\", database \"x\", no encryption", Rejected),
            ("fe_sendauth: no password supplied", Rejected),
            ("SSL error: certificate verify failed", Permanent),
            ("server does not support SSL, but SSL was required", Permanent),
        ] {
            assert_eq!(postgres_failure(&format!("{server}{message}")), failure, "{message}");
        }
        let unresolved = "could not translate host name \"timescaledb\" to address: Name or service not known";
        assert_eq!(postgres_failure(unresolved), Away);
        assert_eq!(postgres_failure("invalid require_auth value: \"x\""), Permanent);
        assert_eq!(postgres_failure("definition of service \"x\" not found"), Permanent);
        assert_eq!(sqlite_failure("database is locked"), Away);
        assert_eq!(sqlite_failure("file is not a database"), Permanent);
        assert_eq!(sqlite_failure("database disk image is malformed"), Permanent);
    }
}
