use std::sync::Arc;

use async_trait::async_trait;
use steward_domain::AuthenticatedSession;

/// Tells who a request comes from.
///
/// Not `Send`: a web worker asks on its own thread, and an HTTP adapter keeps its connections there.
#[async_trait(?Send)]
pub trait Authenticator {
    /// The session that `token` (a bearer token, RFC 6750) belongs to, with its user.
    ///
    /// MUST judge by what storage holds at a moment after the call: a session that ended, a user who was deactivated
    /// or got another role before the call is seen as such.
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError>;
}

/// Why nobody could be told.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is malformed, forged or expired, or its session is over.
    #[error("the token is not valid")]
    Invalid,
    /// Whoever knows could not be asked. The cause is for the log.
    #[error("could not be checked: {0}")]
    Unavailable(String),
}

#[async_trait(?Send)]
impl<T: Authenticator + ?Sized> Authenticator for Arc<T> {
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
        (**self).authenticate(token).await
    }
}
