//! The problems of the errors of policy, storage and authentication, which every service has.

use actix_web::http::StatusCode;
use steward_contracts::services::{AuthenticateError, PasswordRejection};
use steward_contracts::{Extensions, FieldError};
use steward_domain::policy::Denied;
use steward_domain::ports::{ChangeError, CreateError, LinkUseError, StoreError};
use steward_domain::{Invalid, LinkError};

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
            Self::Conflict(key) => {
                let error = FieldError { field: key.to_string(), message: "is already taken".into() };
                ApiError::new(StatusCode::CONFLICT, "taken", "Already taken", self.to_string())
                    .with_field_errors(vec![error])
            }
            Self::ActorGone => HttpError::Unauthenticated.into(),
            Self::Store(error) => error.into(),
        }
    }
}

impl IntoProblem for LinkError {
    fn into_problem(self) -> ApiError {
        let extensions = Extensions { reason: Some(self.code().into()), ..Extensions::default() };
        ApiError::new(StatusCode::BAD_REQUEST, "invalid-or-expired-token", "Invalid link", self.to_string())
            .with_extensions(extensions)
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

impl ApiError {
    /// Creates the error of a field with a password that the password policy rejects.
    pub fn weak_password(field: &str, rejection: impl Into<PasswordRejection>) -> Self {
        let PasswordRejection { reason, weaknesses } = rejection.into();
        Self::from(HttpError::invalid_field(field, &Invalid::new(reason)))
            .with_extensions(Extensions { weaknesses, ..Extensions::default() })
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
