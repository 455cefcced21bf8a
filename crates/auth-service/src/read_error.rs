use steward_domain::policy::Denied;
use steward_domain::ports::StoreError;

/// Why something about users could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such user.
    #[error("no such user")]
    NoSuchUser,
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
