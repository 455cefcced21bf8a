use std::time::Duration;

use actix_web::error::ParseError;
use awc::error::{ConnectError, SendRequestError};
use steward_web::ApiError;

use crate::Upstream;

/// Why a service gave no answer that could be passed back.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It has not even heard the request.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("the connection ended: {0}")]
    Died(String),
    /// What it answered is no answer.
    #[error("gave no usable answer: {0}")]
    Nonsense(String),
    /// It did not answer in time.
    #[error("did not answer within {0:?}")]
    Late(Duration),
}

impl Failure {
    /// As the caller is told: 503 when trying again may help at once, 502 and 504 when the request may have been heard.
    pub(super) fn told(self, upstream: &Upstream) -> ApiError {
        let cause = format!("{upstream} {self}");
        match self {
            Self::Unreachable(_) => ApiError::Unavailable(cause),
            Self::Died(_) | Self::Nonsense(_) => ApiError::BadGateway(cause),
            Self::Late(_) => ApiError::GatewayTimeout(cause),
        }
    }
}

impl From<SendRequestError> for Failure {
    fn from(error: SendRequestError) -> Self {
        let cause = error.to_string();
        match error {
            SendRequestError::Connect(ConnectError::Disconnected)
            | SendRequestError::Send(_)
            | SendRequestError::Response(ParseError::Io(_)) => Self::Died(cause),
            SendRequestError::Connect(_) => Self::Unreachable(cause),
            _ => Self::Nonsense(cause),
        }
    }
}
