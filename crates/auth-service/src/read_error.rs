use steward_domain::policy::Denied;
use steward_domain::ports::StoreError;

/// Errors of reading accounts and sessions.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The policy denies the action.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The user is unknown.
    #[error("unknown user")]
    NoSuchUser,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
