use std::rc::Rc;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use steward_domain::SessionRequirement;
use steward_domain::policy::Denied;

/// Why a request does not result in the requested page. The layer around all pages renders each failure.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// The browser has no session, or its session has ended.
    #[error("not signed in")]
    SignInNeeded,
    /// The session has a requirement that the user must fulfil first.
    #[error("the session has an outstanding requirement: {0:?}")]
    RequirementOutstanding(SessionRequirement),
    /// The page is for administrators, and the user is not one.
    #[error("not an administrator")]
    Forbidden,
    /// The page or the user does not exist.
    #[error("not found")]
    NotFound,
    /// The form has no CSRF token, or one that is not valid.
    #[error("missing or invalid CSRF token")]
    ForgedForm,
    /// A page of another site sent the form.
    #[error("cross-site form")]
    ForeignSite,
    /// The origin of the form is not the address of the request.
    #[error("the form's origin {origin} is not the requested address {own}")]
    ForeignOrigin {
        /// The value of the `Origin` header, which may be `null`.
        origin: String,
        /// The address of the request.
        own: String,
    },
    /// The body is not a form, or too long.
    #[error("the body is not a form, or too long")]
    NotAForm,
    /// The form has a content coding, such as gzip.
    #[error("unsupported content coding of a form")]
    EncodedForm,
    /// The API rejected the call, or did not respond.
    #[error(transparent)]
    Api(Rc<steward_client::Error>),
    /// An error in the console itself.
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    /// Returns the failure that the user must resolve first, if the API rejected the call because of it.
    pub(crate) fn unmet_requirement(error: &steward_client::Error) -> Option<Self> {
        // A proxy between the console and the API may answer without a problem.
        if error.status() == Some(401) {
            return Some(Self::SignInNeeded);
        }
        Denied::from_code(error.problem()?.code())?.requirement().map(Self::RequirementOutstanding)
    }
}

impl From<steward_client::Error> for Failure {
    fn from(error: steward_client::Error) -> Self {
        Self::unmet_requirement(&error).unwrap_or_else(|| match error.problem() {
            Some(problem) if problem.status == 404 => Self::NotFound,
            _ => Self::Api(Rc::new(error)),
        })
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignInNeeded | Self::RequirementOutstanding(_) => StatusCode::SEE_OTHER,
            Self::Forbidden | Self::ForgedForm | Self::ForeignSite | Self::ForeignOrigin { .. } => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NotAForm => StatusCode::BAD_REQUEST,
            Self::EncodedForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Api(error) => match error.status() {
                Some(status @ (400..=499 | 503)) => StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY),
                None if matches!(**error, steward_client::Error::Timeout(_)) => StatusCode::GATEWAY_TIMEOUT,
                _ => StatusCode::BAD_GATEWAY,
            },
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
