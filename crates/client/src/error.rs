use steward_contracts::Problem;
use steward_contracts::bodies::LinkError;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base address is malformed.
    #[error("{0:?} is not a base address of the API; it must be http://HOST:PORT")]
    Address(String),
    /// The API refused the call (RFC 9457).
    #[error("{} ({}): {}", .problem.title, .problem.status, .problem.detail)]
    Problem {
        /// The response body.
        problem: Box<Problem>,
        /// `Retry-After` in seconds, if the response has one.
        retry_after: Option<u64>,
    },
    /// The deadline passed before the response was complete.
    #[error("the API did not respond in time")]
    Timeout(#[source] reqwest::Error),
    /// The connection failed, or ended before the response was complete.
    #[error("the API cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The response is not one of the API's, such as an error page of a proxy.
    #[error("unexpected response (status {status})")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// `Retry-After` in seconds, if the response has one.
        retry_after: Option<u64>,
    },
}

impl Error {
    /// The HTTP status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem { problem, .. } => Some(problem.status),
            Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The problem that the API returned, if it did.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// The last part of the problem's type: `taken` of `urn:steward:problem:taken`.
    pub fn code(&self) -> Option<&str> {
        self.problem().map(Problem::code)
    }

    /// The reason why the link of a mail is not valid, if the error is about the link. A reason that this version does
    /// not know is [`LinkError::Unknown`].
    pub fn link_error(&self) -> Option<LinkError> {
        let problem = self.problem().filter(|problem| problem.code() == "invalid-or-expired-token")?;
        let reason = problem.extensions.reason.as_deref();
        Some(reason.and_then(LinkError::from_code).unwrap_or(LinkError::Unknown))
    }

    /// `Retry-After` in seconds, which responses with status 429 and 503 carry.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Problem { retry_after, .. } | Self::Unexpected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // The URL may hold personal data in its query, and the caller knows it.
        let error = error.without_url();
        if error.is_timeout() { Self::Timeout(error) } else { Self::Unreachable(error) }
    }
}

#[cfg(test)]
mod tests {
    use steward_contracts::Extensions;

    use super::*;

    fn error(code: &str, extensions: Extensions) -> Error {
        let problem = Problem {
            kind: format!("urn:steward:problem:{code}").into(),
            title: "T".into(),
            status: 400,
            detail: "No".into(),
            instance: "/".to_owned(),
            request_id: "r".to_owned(),
            errors: Vec::new(),
            extensions,
        };
        Error::Problem { problem: Box::new(problem), retry_after: None }
    }

    #[test]
    fn the_code_is_the_last_part_of_the_type() {
        assert_eq!(error("locked-out", Extensions::default()).code(), Some("locked-out"));
        assert_eq!(Error::Unexpected { status: 502, retry_after: None }.code(), None);
    }

    #[test]
    fn a_link_is_rejected_for_the_reason_of_the_problem() {
        let reason = |code: &str, reason: Option<&'static str>| {
            error(code, Extensions { reason: reason.map(Into::into), ..Extensions::default() }).link_error()
        };
        for expected in LinkError::ALL {
            assert_eq!(reason("invalid-or-expired-token", Some(expected.code())), Some(expected));
        }
        for unknown in [Some("newer"), None] {
            assert_eq!(reason("invalid-or-expired-token", unknown), Some(LinkError::Unknown));
        }
        assert_eq!(reason("taken", Some("used")), None);
        assert_eq!(Error::Unexpected { status: 400, retry_after: None }.link_error(), None);
    }
}
