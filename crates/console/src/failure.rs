use std::rc::Rc;

use actix_web::ResponseError;
use actix_web::http::StatusCode;

/// Why a page is not shown as it was asked for. The layer around all pages makes a page of it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody is signed in, or not any more.
    #[error("nobody is signed in")]
    SignInNeeded,
    /// Somebody else set the password.
    #[error("the password has to be changed first")]
    PasswordChangeNeeded,
    /// A page of administrators, asked for by somebody else.
    #[error("for administrators")]
    Forbidden,
    /// There is no such page, or nobody of that name.
    #[error("not found")]
    NotFound,
    /// A form that did not come from one of our pages, or from one that is too old.
    #[error("a form without its token")]
    ForgedForm,
    /// A form that a page of another site sent.
    #[error("a form from another site")]
    ForeignSite,
    /// A form from a page at another address than the one that was asked for.
    #[error("a form from {origin} at {own}")]
    ForeignOrigin {
        /// Where the browser says that it is from; `null` if it does not.
        origin: String,
        /// The address that was asked for.
        own: String,
    },
    /// What was sent is no form.
    #[error("not a form, or too long")]
    NotAForm,
    /// A form with a content coding, such as gzip.
    #[error("a form with a content coding")]
    EncodedForm,
    /// The API said no, or nothing.
    #[error(transparent)]
    Api(Rc<steward_client::Error>),
    /// Our own fault.
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    /// What the person has to do before anything else, if that is why the API said no.
    pub(crate) fn needed_first(error: &steward_client::Error) -> Option<Self> {
        match (error.status()?, error.code()?) {
            (401, _) => Some(Self::SignInNeeded),
            (_, "password-change-required") => Some(Self::PasswordChangeNeeded),
            _ => None,
        }
    }
}

impl From<steward_client::Error> for Failure {
    fn from(error: steward_client::Error) -> Self {
        Self::needed_first(&error).unwrap_or_else(|| match error.problem() {
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
            Self::SignInNeeded | Self::PasswordChangeNeeded => StatusCode::SEE_OTHER,
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
