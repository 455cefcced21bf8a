//! The problems of errors that several endpoints share. An error of one endpoint is in its file.

use std::time::Duration;

use actix_web::http::StatusCode;
use steward_domain::Invalid;
use steward_web::{ApiError, HttpError, IntoProblem, UserNotFound};

use crate::ReadError;
use crate::current_password::CurrentPasswordError;
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

/// Returns the problem of a password of the signed-in user that was not accepted in this field.
pub(super) fn current_password_problem(field: &'static str, error: CurrentPasswordError) -> ApiError {
    match error {
        CurrentPasswordError::Wrong => {
            HttpError::invalid_field(field, &Invalid::new("is not the current password")).into()
        }
        CurrentPasswordError::Locked(wait) => LockedOut { wait }.into(),
        CurrentPasswordError::SignedOut => HttpError::Unauthenticated.into(),
        CurrentPasswordError::Hashing(error) => error.into(),
        CurrentPasswordError::Store(error) => error.into(),
    }
}

/// The session that the path names does not exist, or has ended.
pub(super) struct SessionNotFound;

impl IntoProblem for SessionNotFound {
    fn into_problem(self) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "session-not-found", "Not found", "Session not found")
    }
}
