use std::time::Duration;

use actix_web::error::ParseError;
use awc::error::{ConnectError, SendRequestError};
use steward_web::HttpError;

use crate::Upstream;

/// The reason why a service sent no response that could be forwarded.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The service has not received the request.
    #[error("is unreachable: {0}")]
    Unreachable(String),
    /// The connection closed before the response was complete.
    #[error("closed the connection: {0}")]
    ConnectionClosed(String),
    /// The response is invalid.
    #[error("sent an invalid response: {0}")]
    InvalidResponse(String),
    /// The service did not respond in time.
    #[error("did not respond within {0:?}")]
    TimedOut(Duration),
}

impl Failure {
    /// Converts the failure to the error for the client.
    ///
    /// 503 means that an immediate retry is safe. 502 and 504 mean that the service may have received the request.
    pub(super) fn into_error(self, upstream: &Upstream) -> HttpError {
        let cause = format!("{upstream} {self}");
        match self {
            Self::Unreachable(_) => HttpError::Unavailable(cause),
            Self::ConnectionClosed(_) | Self::InvalidResponse(_) => HttpError::BadGateway(cause),
            Self::TimedOut(_) => HttpError::GatewayTimeout(cause),
        }
    }
}

impl From<SendRequestError> for Failure {
    fn from(error: SendRequestError) -> Self {
        let cause = error.to_string();
        match error {
            SendRequestError::Connect(ConnectError::Disconnected)
            | SendRequestError::Send(_)
            | SendRequestError::Response(ParseError::Io(_)) => Self::ConnectionClosed(cause),
            SendRequestError::Connect(_) => Self::Unreachable(cause),
            _ => Self::InvalidResponse(cause),
        }
    }
}
