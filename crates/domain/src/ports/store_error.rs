use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why storage gave no answer. The cause is for the log, never for a caller.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or took longer than its deadline: trying again later may help.
    #[error("storage is unavailable: {0}")]
    Unavailable(Cause),
    /// It refused or answered nonsense: a defect.
    #[error("storage failed: {0}")]
    Failed(Cause),
}

impl StoreError {
    /// Storage cannot be reached.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(Cause(Arc::from(cause.into())))
    }

    /// Storage failed.
    pub fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(Cause(Arc::from(cause.into())))
    }
}

/// The adapter's own error, shared by all who waited for the same answer.
#[derive(Debug, Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
