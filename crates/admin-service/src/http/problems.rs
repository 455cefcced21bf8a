//! The problems of errors that several endpoints share. An error of one endpoint is in its file.

use actix_web::http::StatusCode;
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

/// Returns the problem of a mail in a deployment that sends none. `alternative` is what the caller can do without mail.
pub(super) fn mail_off(alternative: &str) -> ApiError {
    let detail = format!("This deployment sends no mails: set STEWARD_MAIL_URL, or {alternative}");
    ApiError::new(StatusCode::CONFLICT, "mail-off", "Mail is off", detail)
}
