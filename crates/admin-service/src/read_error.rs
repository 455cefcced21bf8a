use steward_domain::policy::Denied;
use steward_domain::ports::StoreError;

/// Errors of reading.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The policy denies the action.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
