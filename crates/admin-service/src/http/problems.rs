//! The problems of errors that several endpoints share. An error of one endpoint is in its file.

use steward_web::{ApiError, IntoProblem};

use crate::ReadError;

impl IntoProblem for ReadError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Denied(denied) => denied.into(),
            Self::Store(error) => error.into(),
        }
    }
}
