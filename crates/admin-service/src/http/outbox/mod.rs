//! The mails to send.

pub(super) mod cancel;
pub(super) mod list;
pub(super) mod retry;
#[cfg(test)]
mod tests;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use steward_domain::ports::OutboxError;
use steward_web::{ApiError, HttpError, IntoProblem, path_text};

use crate::outbox::ChangeMailError;

impl IntoProblem for ChangeMailError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Denied(denied) => denied.into(),
            Self::Outbox(OutboxError::NotFound) => not_found(),
            Self::Outbox(OutboxError::WrongState(state)) => ApiError::new(
                StatusCode::CONFLICT,
                "wrong-mail-state",
                "Not possible in this state",
                format!("The mail is {}", state.as_str()),
            ),
            Self::Outbox(OutboxError::ActorGone) => HttpError::Unauthenticated.into(),
            Self::Outbox(OutboxError::Store(error)) => error.into(),
        }
    }
}

fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "mail-not-found", "Not found", "Mail not found")
}

/// Returns the number in the path's `{id}`. Responds 404 if the text is no number.
fn path_id(request: &HttpRequest) -> Result<i64, ApiError> {
    path_text(request, "id")?.parse().map_err(|_| not_found())
}
