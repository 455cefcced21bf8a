//! Invitations to create an account.

pub(super) mod list;
pub(super) mod resend;
pub(super) mod revoke;
pub(super) mod send;
#[cfg(test)]
mod tests;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use steward_contracts::services::InviteError;
use steward_domain::InvitationState;
use steward_domain::ports::{CreateError, InvitationError, UniqueKey};
use steward_web::{ApiError, HttpError, IntoProblem, path_text};

use super::problems::mail_off;

/// The invitation that the path names does not exist.
struct InvitationNotFound;

impl IntoProblem for InvitationNotFound {
    fn into_problem(self) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "invitation-not-found", "Not found", "Invitation not found")
    }
}

/// Returns the number in the path. Responds 404 if the text is no number.
fn path_id(request: &HttpRequest) -> Result<i64, ApiError> {
    path_text(request, "id")?.parse().map_err(|_| InvitationNotFound.into())
}

/// Returns the problem of an invitation that was not sent.
fn invite_problem(error: InviteError) -> ApiError {
    match error {
        InviteError::Unauthenticated => HttpError::Unauthenticated.into(),
        InviteError::Denied(denied) => denied.into(),
        InviteError::MailOff => mail_off("create the account with a temporary password"),
        InviteError::Registered => CreateError::Conflict(UniqueKey::Email).into(),
        InviteError::Pending => ApiError::new(
            StatusCode::CONFLICT,
            "invitation-pending",
            "Already invited",
            "An invitation for this address is pending: resend or revoke it",
        ),
        InviteError::NotFound => InvitationNotFound.into(),
        InviteError::Closed(state) => closed(state),
        InviteError::Unavailable(cause) => HttpError::Unavailable(cause).into(),
    }
}

/// Returns the problem of an invitation that was not revoked.
fn revoke_problem(error: InvitationError) -> ApiError {
    match error {
        InvitationError::NotFound => InvitationNotFound.into(),
        InvitationError::ActorGone => HttpError::Unauthenticated.into(),
        InvitationError::Denied(denied) => denied.into(),
        InvitationError::Closed(state) => closed(state),
        InvitationError::Store(error) => error.into(),
        InvitationError::Registered | InvitationError::Pending => {
            HttpError::Internal(format!("unexpected conflict in a revocation: {error}")).into()
        }
    }
}

fn closed(state: InvitationState) -> ApiError {
    let detail = format!("The invitation is {}", state.as_str());
    ApiError::new(StatusCode::CONFLICT, "invitation-closed", "Invitation closed", detail)
}
