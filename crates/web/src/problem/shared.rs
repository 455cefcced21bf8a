//! The problems of the errors of policy, storage and authentication, which every service has.

use actix_web::http::StatusCode;
use steward_contracts::services::AuthenticateError;
use steward_domain::LinkError;
use steward_domain::policy::Denied;
use steward_domain::ports::{ChangeError, CreateError, LinkUseError, StoreError};

use super::{ApiError, HttpError, IntoProblem};
use crate::path::UserNotFound;

impl IntoProblem for Denied {
    fn into_problem(self) -> ApiError {
        let status = match self {
            Self::NotAnAdministrator
            | Self::TargetIsAdministrator
            | Self::RolesAreForSuperAdmins
            | Self::CancellingIsForSuperAdmins
            | Self::PasswordChangeRequired => StatusCode::FORBIDDEN,
            // The caller may do this to other users.
            Self::DeactivatingOneself | Self::DeletingOneself | Self::OwnRole | Self::LastSuperAdmin => {
                StatusCode::CONFLICT
            }
        };
        ApiError::new(status, self.code(), "Not allowed", self.to_string())
    }
}

impl IntoProblem for StoreError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Unavailable(cause) => HttpError::Unavailable(cause.to_string()).into(),
            Self::Failed(cause) => HttpError::Internal(cause.to_string()).into(),
        }
    }
}

impl IntoProblem for ChangeError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::NotFound => UserNotFound.into(),
            Self::ActorGone => HttpError::Unauthenticated.into(),
            Self::Denied(denied) => denied.into(),
            Self::Stale => HttpError::Stale.into(),
            Self::Conflict(key) => CreateError::Conflict(key).into(),
            Self::Store(error) => error.into(),
        }
    }
}

impl IntoProblem for CreateError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Conflict(_) => ApiError::new(StatusCode::CONFLICT, "taken", "Already taken", self.to_string()),
            Self::ActorGone => HttpError::Unauthenticated.into(),
            Self::Store(error) => error.into(),
        }
    }
}

impl IntoProblem for LinkError {
    fn into_problem(self) -> ApiError {
        let detail = match self {
            Self::Unknown => "The link is not valid",
            Self::Used => "The link was used before",
            Self::Superseded => "The link is superseded by a newer one or by a change of the account",
            Self::Expired => "The link has expired",
        };
        ApiError::new(StatusCode::BAD_REQUEST, "invalid-or-expired-token", "Invalid link", detail)
    }
}

impl IntoProblem for LinkUseError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Link(error) => error.into(),
            Self::Conflict(key) => CreateError::Conflict(key).into(),
            Self::Store(error) => error.into(),
        }
    }
}

impl IntoProblem for AuthenticateError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Invalid => HttpError::Unauthenticated.into(),
            Self::Unavailable(cause) => HttpError::Unavailable(cause).into(),
        }
    }
}
