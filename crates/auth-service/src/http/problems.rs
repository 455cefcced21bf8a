//! The problems of errors that several endpoints share. An error of one endpoint is in its file.

use std::time::Duration;

use actix_web::http::StatusCode;
use steward_web::{ApiError, HttpError, IntoProblem, UserNotFound};

use crate::ReadError;
use crate::hashing::HashingError;

impl IntoProblem for ReadError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Denied(denied) => denied.into(),
            Self::NoSuchUser => UserNotFound.into(),
            Self::Store(error) => error.into(),
        }
    }
}

impl IntoProblem for HashingError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Overloaded(overloaded) => HttpError::Unavailable(overloaded.to_string()).into(),
            Self::Failed(cause) => HttpError::Internal(cause).into(),
        }
    }
}

/// Too many wrong passwords; `wait` is the time until the next attempt is possible.
pub(super) struct LockedOut {
    pub(super) wait: Duration,
}

impl IntoProblem for LockedOut {
    fn into_problem(self) -> ApiError {
        ApiError::too_many("locked-out", "Too many wrong passwords", self.wait)
    }
}

/// The session that the path names does not exist, or has ended.
pub(super) struct SessionNotFound;

impl IntoProblem for SessionNotFound {
    fn into_problem(self) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "session-not-found", "Not found", "Session not found")
    }
}
