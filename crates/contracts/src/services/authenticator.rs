use std::sync::Arc;

use async_trait::async_trait;
use steward_domain::AuthenticatedSession;

/// Authenticates requests.
///
/// It is not `Send`: a web worker calls it on its own thread, where an HTTP adapter keeps its connections.
#[async_trait(?Send)]
pub trait Authenticator {
    /// Returns the session of `token` (a bearer token, RFC 6750) and its user.
    ///
    /// MUST use the state of storage at a time after the call begins. Therefore it MUST see every earlier end of a
    /// session, deactivation of a user and change of a role.
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError>;
}

/// The reason why a request could not be authenticated.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is malformed, forged or expired, or its session has ended.
    #[error("the token is not valid")]
    Invalid,
    /// The token could not be checked. The cause is for the log.
    #[error("the token could not be checked: {0}")]
    Unavailable(String),
}

#[async_trait(?Send)]
impl<T: Authenticator + ?Sized> Authenticator for Arc<T> {
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
        (**self).authenticate(token).await
    }
}
