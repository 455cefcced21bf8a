use steward_contracts::Problem;

/// Why a call did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none of an HTTP server.
    #[error("{0:?} is no address of the API: it must be http://HOST:PORT")]
    Address(String),
    /// The API said no, and why.
    #[error("{} ({}): {}", .problem.title, .problem.status, .problem.detail)]
    Problem {
        /// What it said.
        problem: Box<Problem>,
        /// Seconds until it is worth trying again, where it said so.
        retry_after: Option<u64>,
    },
    /// Nobody answered in time.
    #[error("no answer in time")]
    Timeout(#[source] reqwest::Error),
    /// Nobody answered, or the connection ended too early.
    #[error("the API cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// Somebody answered what the API never does: a proxy, or another service.
    #[error("status {status} without an answer that can be read")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// Seconds until it is worth trying again, where it said so.
        retry_after: Option<u64>,
    },
}

impl Error {
    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem { problem, .. } => Some(problem.status),
            Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The problem that the API told, if it did.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// What kind of problem the API told, by the last part of its type: `taken` of `urn:steward:problem:taken`.
    pub fn code(&self) -> Option<&str> {
        self.problem()?.kind.rsplit(':').next()
    }

    /// Seconds until it is worth trying again, as `Retry-After` says of a 429 or 503.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Problem { retry_after, .. } | Self::Unexpected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // Which address was called is known to the caller, and a query may say what nobody else is to read.
        let error = error.without_url();
        if error.is_timeout() { Self::Timeout(error) } else { Self::Unreachable(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_last_part_of_the_type() {
        let problem = Problem {
            kind: "urn:steward:problem:locked-out".into(),
            title: "Locked out".into(),
            status: 429,
            detail: "No".into(),
            instance: "/".to_owned(),
            request_id: "r".to_owned(),
            errors: Vec::new(),
        };
        let error = Error::Problem { problem: Box::new(problem), retry_after: None };
        assert_eq!(error.code(), Some("locked-out"));
        assert_eq!(Error::Unexpected { status: 502, retry_after: None }.code(), None);
    }
}
